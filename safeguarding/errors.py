"""One error per refusal of this floor. Edges show `message`; tests and logs name `code`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community.errors import NotAllowed, ReasonRequired, Refused

from .detection.rulesets import RulesetError
from .detection.staging import Unproved
from .in_words import in_words
from .rule_faults import RULE_FAULTS

__all__ = ["NotAllowed", "ReasonRequired"]  # the ground floor's, used as they are


class OfficersOnly(Refused):
    code = "officers_only"
    message = _("This case is worked by safeguarding officers only.")


class Conflict(Refused):
    """Said to nobody who could learn from it that the case exists: edges answer 404."""

    code = "conflict"
    message = _("You cannot work on this case.")


class CaseMoved(Refused):
    code = "case_moved"
    message = _("This case has changed since you opened the page. Read what is new, then decide again.")


class CaseTaken(Refused):
    code = "case_taken"
    message = _("Somebody else is working on this case.")


class NotClaimed(Refused):
    code = "not_claimed"
    message = _("Take the case first.")


class ClauseRequired(Refused):
    code = "clause_required"
    message = _("Cite at least one clause of the terms, or the law.")


class EndRequired(Refused):
    code = "end_required"
    message = _("Say until when. It must be in the future.")


class NotAParty(Refused):
    code = "not_a_party"
    message = _("That person, message or room is not part of this case.")


class HelpNotSanction(Refused):
    code = "help_not_sanction"
    message = _("This is a case of distress: it calls for help, never for a sanction.")


class SaysTooMuch(Refused):
    code = "says_too_much"
    message = _("The reasons name somebody else or repeat a private note. They are sent: leave that out.")


class AnotherPersonRequired(Refused):
    code = "another_person_required"
    message = _("This takes a second person, who did not decide the first time.")


class AlreadyAppealed(Refused):
    code = "already_appealed"
    message = _("This decision has already been appealed.")


class AppealTooLate(Refused):
    code = "appeal_too_late"
    message = _("The time to appeal this decision is over.")


class NotForThem(Refused):
    code = "not_for_them"
    message = _("This recipient may not be handed that: an unredacted copy is for police and prosecutors alone.")


class BadRecipientKey(Refused):
    code = "bad_recipient_key"
    message = _("This is not a public age key: it starts with age1 and has 62 characters.")


class LegalBasisRequired(Refused):
    code = "legal_basis_required"
    message = _("Say on what legal ground this is handed over.")


class RecipientRequired(Refused):
    code = "recipient_required"
    message = _("Say who was told: a service, a person, a telephone number.")


class NotInTheFuture(Refused):
    code = "not_in_the_future"
    message = _("This time has not come yet.")


class AuthenticityFirst(Refused):
    code = "authenticity_first"
    message = _("First say how you checked that this order is authentic. Until then nothing is handed over.")


class ExportNotReady(Refused):
    code = "export_not_ready"
    message = _("This export is not ready to be downloaded.")


# -- reports and protective measures ---------------------------------------------------------------------------------


class CannotReport(Refused):
    """One answer whether the person or message does not exist or was never to be seen by the reporter."""

    code = "cannot_report"
    message = _("You can report what you have seen and people you have shared a room with.")


class CannotReportYourself(Refused):
    code = "cannot_report_yourself"
    message = _("You cannot report yourself. If you need help, the help lines are on every page.")


class NotYourMeasure(Refused):
    code = "not_your_measure"
    message = _("Only the person a measure concerns can contest it.")


class AlreadyContested(Refused):
    code = "already_contested"
    message = _("You have already contested this measure. A person will read what you wrote.")


class NoSuchMember(Refused):
    code = "no_such_member"
    message = _("Nobody here has this name.")


# -- rules -----------------------------------------------------------------------------------------------------------


class RulesBroken(Refused):
    """Rule files that cannot be used: refused whole. `error` names file, rule and reason."""

    code = "rules_broken"

    def __init__(self, error: RulesetError) -> None:
        self.error = error
        super().__init__(
            gettext("Refused whole. File: %(file)s. Rule: %(rule)s. Reason: %(reason)s.")
            % {"file": error.file, "rule": error.rule, "reason": in_words(error.reason, RULE_FAULTS)}
        )


class RulesKnown(Refused):
    code = "rules_known"
    message = _("Exactly these rules are here already.")


class StepNotPossible(Refused):
    code = "step_not_possible"
    message = _("A rule goes from draft to shadow, to canary, to live. It cannot take this step from where it is.")


class StepWaits(Refused):
    code = "step_waits"
    message = _("A step already waits for a second person. Approve or refuse it first.")


class TimeIsOver(Refused):
    code = "time_is_over"
    message = _("The time of this expression is over: it can only be retired. Write it anew with a new end.")


class RuleNotProved(Refused):
    """Examples that do not hold. `failed` says which."""

    code = "rule_not_proved"

    def __init__(self, failed: Sequence[Unproved]) -> None:
        self.failed = tuple(failed)
        should, should_not = (
            gettext("%(rule)s should meet “%(text)s”"),
            gettext("%(rule)s should not meet “%(text)s”"),
        )
        shown = "; ".join(
            (should if one.must_fire else should_not) % {"rule": one.rule, "text": one.text} for one in self.failed[:5]
        )
        super().__init__(gettext("Its examples do not hold: %(shown)s.") % {"shown": shown})


class WordsMissing(Refused):
    code = "words_missing"
    message = _("This rule was written for words that are not in force. Move the whole import instead.")


class BadExpression(Refused):
    """A watched expression with something wrong in it; `fields` says what, by the name of each field."""

    code = "bad_expression"
    message = _("Something is wrong with this expression.")

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(said) for name, said in fields.items()}
        super().__init__()
