"""The mail server, as the environment names it: read by the settings, and by `manage.py setup` before it writes."""

from __future__ import annotations

from config.env import Env


def mail_server(env: Env) -> dict[str, str | int | bool]:
    """Django's EMAIL_* settings of the server, or ImproperlyConfigured naming the variable."""
    security = env.choice("EMAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
    return {
        "EMAIL_HOST": env.text("EMAIL_HOST", "localhost"),
        "EMAIL_PORT": env.number("EMAIL_PORT", 587, least=1, most=65535),
        "EMAIL_HOST_USER": env.text("EMAIL_USER", ""),
        "EMAIL_HOST_PASSWORD": env.text("EMAIL_PASSWORD", ""),
        "EMAIL_USE_TLS": security == "starttls",
        "EMAIL_USE_SSL": security == "tls",
    }
