"""What a community tells of its moderation: pure counts in, a public page and the DSA's own report out.

Nothing here knows a person, a case or a room; no Django import.
"""
