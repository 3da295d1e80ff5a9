"""Shapes of what the console's pages send. Forms validate shape only; services decide."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from community import terms
from community.errors import ReasonRequired, Refused
from community.models import Member
from safeguarding.enforcement import MEASURES
from safeguarding.errors import ClauseRequired, EndRequired, SaysTooMuch
from safeguarding.incidents import INCIDENTS, citation
from safeguarding.models import Case, CaseParty, Decision, UrgentSheet
from safeguarding.services.evidence import AFTER, BEFORE, MORE, messages_of
from safeguarding.services.naming import ROLES, nameable

DURATIONS = [
    ("", "—"),
    ("1", _("1 day")),
    ("3", _("3 days")),
    ("7", _("1 week")),
    ("30", _("1 month")),
    ("90", _("3 months")),
    ("365", _("1 year")),
]


def _choose_among(field: forms.Field, rows: QuerySet[Any]) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def _offer(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


class DecisionForm(forms.Form):
    """A decision on one case. `decided` turns the cleaned values into what record_decision takes."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    action = forms.ChoiceField(label=_("Action"), widget=forms.RadioSelect, choices=Decision.Action.choices)
    member = forms.ModelChoiceField(
        Member.objects.none(), label=_("About whom"), required=False, to_field_name="public_id"
    )
    counterpart = forms.ModelChoiceField(
        Member.objects.none(), label=_("Contact paused with"), required=False, to_field_name="public_id"
    )
    message = forms.CharField(label=_("Message"), required=False, max_length=16)
    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"), required=False, to_field_name="public_id")
    days = forms.ChoiceField(label=_("For how long"), choices=DURATIONS, required=False)
    clauses = forms.MultipleChoiceField(
        label=_("Clauses of the terms"), widget=forms.CheckboxSelectMultiple, required=False
    )
    laws = forms.MultipleChoiceField(
        label=_("The law, if it is illegal content"), widget=forms.CheckboxSelectMultiple, required=False
    )
    reasons = forms.CharField(
        label=_("Reasons (sent)"), widget=forms.Textarea(attrs={"rows": 5}), max_length=4000, required=False
    )
    private_notes = forms.CharField(
        label=_("Private notes (never sent)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        required=False,
    )
    close = forms.BooleanField(label=_("Close the case after this decision"), required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        people = Member.objects.filter(case_parties__case=case).distinct().order_by("pseudonym")
        _choose_among(self.fields["member"], people)
        _choose_among(self.fields["counterpart"], people)
        said = messages_of(case)
        _choose_among(self.fields["room"], Room.objects.filter(pk__in=said.order_by().values("room")))
        parties = case.parties.select_related("member").filter(role=CaseParty.Role.SUBJECT)
        subjects = [party.member for party in parties]
        if len(subjects) == 1:
            self.fields["member"].initial = subjects[0].public_id
        if not INCIDENTS[case.code].sanctioned:
            helpful = [action for action in Decision.Action if not MEASURES[action].adverse]
            _offer(self.fields["action"], [(action.value, str(action.label)) for action in helpful])
        # The clauses that decisions on this code usually cite come first.
        ordered = sorted(terms.current().clauses, key=lambda clause: case.code not in clause.codes)
        self.usual = [clause.id for clause in ordered if case.code in clause.codes]
        language = get_language() or "fr"
        laws = INCIDENTS[case.code].law
        _offer(self.fields["laws"], [(key, citation(key).in_language(language)) for key in laws])
        _offer(self.fields["clauses"], [(clause.id, clause.told("title")) for clause in ordered])

    def refuse(self, refusal: Refused) -> None:
        """Say what the service refused where it can be mended; what is about no field stands above the form."""
        field = {
            ReasonRequired.code: "reasons",
            SaysTooMuch.code: "reasons",
            ClauseRequired.code: "clauses",
            EndRequired.code: "days",
        }.get(refusal.code)
        self.add_error(field, forms.ValidationError(str(refusal), code=refusal.code))

    def decided(self) -> dict[str, Any]:
        """The keyword arguments of record_decision."""
        said = self.cleaned_data
        days = said["days"]
        message = messages_of(self.case).select_related("author").filter(public_id=said["message"]).first()
        needs = MEASURES[said["action"]].needs
        return {
            "version": said["version"],
            "action": said["action"],
            # A decision on a message is about who wrote it, whatever the list of people says.
            "member": message.author if message and "message" in needs else said["member"],
            "counterpart": said["counterpart"],
            "message": message,
            "room": said["room"],
            "ends_at": timezone.now() + dt.timedelta(days=int(days)) if days else None,
            "clauses": said["clauses"],
            "laws": said["laws"],
            "reasons": said["reasons"],
            "private_notes": said["private_notes"],
            "close": said["close"],
        }


class ReasonForm(forms.Form):
    """One line that says why."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), max_length=4000)


class SheetForm(forms.Form):
    """What becomes known while one telephones. All of it may stay empty: nothing here delays a call."""

    who, where, when, target_knows, called = (
        forms.CharField(
            label=getattr(UrgentSheet, name).field.verbose_name,
            max_length=1000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        for name in ("who", "where", "when", "target_knows", "called")
    )


class SheetReviewForm(forms.Form):
    agreed = forms.ChoiceField(
        label=_("Review"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", _("It was right to act alone and at once")),
            ("no", _("It was not: say what must be put right")),
        ],
    )
    review = forms.CharField(label=_("Why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


ANCHORS = 60  # messages of the case offered, the latest


class SaidField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for the checker alone
    """A message among others, told apart by when, by whom and where it was said."""

    def label_from_instance(self, message: Message) -> str:
        at = formats.date_format(timezone.localtime(message.created_at), "SHORT_DATETIME_FORMAT")
        return f"{at} · {message.author.pseudonym} · {message.room.name}"


class FreezeForm(forms.Form):
    """How much more of a conversation becomes evidence, around which message of the case."""

    message = SaidField(Message.objects.none(), label=_("Around which message"), to_field_name="public_id")
    before = forms.IntegerField(label=_("Messages before it"), min_value=0, max_value=MORE, initial=BEFORE)
    after = forms.IntegerField(label=_("Messages after it"), min_value=0, max_value=MORE, initial=AFTER)
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "freeze_%s", **kwargs})
        latest = list(messages_of(case).order_by("-pk").values_list("pk", flat=True)[:ANCHORS])
        said = Message.objects.filter(pk__in=latest)
        _choose_among(self.fields["message"], said.select_related("author", "room").order_by("-pk"))


class NamingForm(forms.Form):
    """Somebody who spoke there becomes a party to the case."""

    member = forms.ModelChoiceField(Member.objects.none(), label=_("Who"), to_field_name="public_id")
    role = forms.ChoiceField(label=_("Which part"), choices=[(role.value, role.label) for role in ROLES])
    reason = forms.CharField(label=_("Why"), max_length=500, help_text=_("For the audit log. It is sent to nobody."))

    def __init__(self, *args: Any, case: Case, actor: Member, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "naming_%s", **kwargs})
        _choose_among(self.fields["member"], nameable(actor=actor, case=case))


class JudgementForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("Judgement"),
        widget=forms.RadioSelect,
        choices=[("upheld", _("The decision stands")), ("overturned", _("The decision is overturned and taken back"))],
    )
    answer = forms.CharField(label=_("Answer (sent)"), widget=forms.Textarea(attrs={"rows": 6}), max_length=4000)


class ContestJudgementForm(JudgementForm):
    """The same of a contested age."""

    outcome = forms.ChoiceField(
        label=_("Judgement"),
        widget=forms.RadioSelect,
        choices=[
            ("upheld", _("The result stands")),
            ("overturned", _("It is withdrawn: the person proves their age anew, by any way")),
        ],
    )
    answer = forms.CharField(label=_("Answer (sent)"), widget=forms.Textarea(attrs={"rows": 6}), max_length=2000)
