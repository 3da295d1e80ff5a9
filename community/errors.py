"""One class a refusal. Services raise them; edges show `message` and answer with `code`."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Something may not be done, for a reason that can be told to the person who tried.

    `code` is stable and goes into frames and tests; `message` is translated when it is shown.
    """

    code: ClassVar[str] = "refused"
    message: str | Promise = _("This is not possible.")

    def __init__(self, message: str | Promise | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)


class NotAllowed(Refused):
    code = "not_allowed"
    message = _("You may not do this.")


class AccountClosed(Refused):
    code = "account_closed"
    message = _("This account is closed.")


class AgeCheckRequired(Refused):
    code = "age_check_required"
    message = _("Prove your age first.")


class TooManyAttempts(Refused):
    code = "too_many_attempts"
    message = _("Too many attempts. Please wait a while and try again.")


class TryLater(Refused):
    code = "try_later"
    message = _("This cannot be done right now. Please try again in a moment.")


class BadText(Refused):
    code = "bad_text"
    message = _("This text contains characters that cannot be read. Please type it again.")


# -- members ---------------------------------------------------------------------------------------------------------


class PseudonymRefused(Refused):
    code = "pseudonym_refused"
    message = _("This pseudonym cannot be used. Please choose another.")


class PseudonymTaken(PseudonymRefused):
    code = "pseudonym_taken"
    message = _("This pseudonym, or one that looks like it, is taken.")


class CannotBlockYourself(Refused):
    code = "cannot_block_yourself"
    message = _("You cannot block yourself.")


class TermsOutdated(Refused):
    code = "terms_outdated"
    message = _("The rules have changed meanwhile. Please read and accept the current ones.")


class StaffCannotClose(Refused):
    code = "staff_cannot_close"
    message = _("Give back your role first: an account with duties cannot be closed.")


# -- restrictions ----------------------------------------------------------------------------------------------------


class ReasonRequired(Refused):
    code = "reason_required"
    message = _("Say why.")


class RestrictionInvalid(Refused):
    code = "restriction_invalid"
    message = _("This restriction is incomplete.")


class RestrictionOver(Refused):
    code = "restriction_over"
    message = _("This restriction has already ended.")


class CannotJudgeYourself(Refused):
    code = "cannot_judge_yourself"
    message = _("Nobody may decide about themselves.")


# -- age -------------------------------------------------------------------------------------------------------------


class NotAnAgeOfficer(Refused):
    code = "not_an_age_officer"
    message = _("Only an active age officer of an association may do this.")


class CodeUnknown(Refused):
    code = "code_unknown"
    message = _("This code is unknown or has expired. Ask the person for a new one.")


class OwnAgeCheck(Refused):
    code = "own_age_check"
    message = _("Nobody attests their own age.")


class SecondPersonRequired(Refused):
    code = "second_person_required"
    message = _("A second person of your association must confirm, not you.")


class OtherAssociation(Refused):
    code = "other_association"
    message = _("Another association began this check. One of its officers must confirm.")


class QuotaReached(Refused):
    code = "quota_reached"
    message = _("Today’s limit of attestations is reached.")


class ProviderUnavailable(Refused):
    code = "provider_unavailable"
    message = _("This way of proving an age is not available here.")


class InvitationForAdults(Refused):
    code = "invitation_for_adults"
    message = _(
        "This code is for adults alone. Somebody younger who proves their own age shows a code on their telephone "
        "instead."
    )


class ConsentNotNeeded(Refused):
    code = "consent_not_needed"
    message = _("Nobody has to agree for you here.")


class ConsentOver(Refused):
    code = "consent_over"
    message = _("This link is over. Ask for a new one.")


class SettingsUnsound(Refused):
    code = "settings_unsound"
    message = _("These settings do not fit together.")


class AlreadyThere(Refused):
    code = "already_there"
    message = _("There is one of this name already.")


class AlreadyContested(Refused):
    code = "already_contested"
    message = _("You have already told us. A person will answer within thirty days.")


class AnotherPersonRequired(Refused):
    code = "another_person_required"
    message = _("Somebody else must judge this: not the person who attested it, nor their association.")


class ContestOver(Refused):
    code = "contest_over"
    message = _("This has been judged meanwhile.")


class BadAddress(Refused):
    code = "bad_address"
    message = _("This is not an e-mail address.")


class WalletRefused(Refused):
    """`reason` is a community.age.eu_wallet.refusals.Reason, for the log; nobody is told it."""

    code = "wallet_refused"
    message = _("This proof could not be accepted. Try another way, or ask a person.")


class WalletOver(Refused):
    code = "wallet_over"
    message = _("This request to your wallet is over. Please begin again.")


class WalletCodeWrong(Refused):
    code = "wallet_code_wrong"
    message = _("This is not the code that your telephone shows. Look again and type its six digits.")


class TrustListRefused(Refused):
    code = "trust_list_refused"
    message = _("This file holds no list of certificates that could be trusted.")


# -- connection records ----------------------------------------------------------------------------------------------


class TwoOfficersRequired(Refused):
    code = "two_officers_required"
    message = _("Two different safeguarding officers must agree.")
