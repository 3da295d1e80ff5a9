"""One class a refusal of the rooms. Edges show `message` and answer with `code`."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from community.errors import AgeCheckRequired, Refused
from community.hours import Hours, hours_text


class RoomUnknown(Refused):
    code = "room_unknown"
    message = _("There is no such room.")


class RoomClosed(Refused):
    code = "room_closed"
    message = _("This room is closed.")


class ShutOut(Refused):
    code = "shut_out"
    message = _("Your account is limited for now. “Decisions about me” says why and how to appeal.")


class AgeDoesNotFit(Refused):
    code = "age_does_not_fit"
    message = _("This room is for another age.")


class ConsentRequired(Refused):
    code = "consent_required"
    message = _("At your age a guardian has to agree first. Help lines and reports stay open to you.")


class FreshProofRequired(Refused):
    code = "fresh_proof_required"
    message = _("Please prove your age again to come back to the rooms.")


class ProofTooWeak(Refused):
    code = "proof_too_weak"
    message = _("This room asks for a stronger proof of age. “Your age” lists the ways; a person can help.")


class AccountHeld(Refused):
    code = "account_held"
    message = _("A person has to look at your account first. “Decisions about me” says why and how to object.")


class ProofEnded(AgeCheckRequired):
    message = _("Your proof of age has ended, or there is none. “Your age” says how to renew it.")


class RoomAsleep(Refused):
    """Outside the hours of a room; told with the hours, in the language of whoever is told."""

    code = "room_asleep"

    def __init__(self, hours: Hours) -> None:
        super().__init__()
        self.hours = hours

    def __str__(self) -> str:
        return gettext("This room is open: %(hours)s.") % {"hours": hours_text(self.hours)}


class BannedFromRoom(Refused):
    code = "room_ban"
    message = _("You may not enter this room. “Decisions about me” says why and how to appeal.")


class NotAMember(Refused):
    code = "not_a_member"
    message = _("Join this room first.")


class Muted(Refused):
    code = "muted"
    message = _("You may read but not write for now. “Decisions about me” says why and until when.")


class SlowDown(Refused):
    code = "slow_mode"
    message = _("This room goes slowly: please wait a moment before the next message.")


class MessageEmpty(Refused):
    code = "message_empty"
    message = _("Write something first.")


class MessageTooLong(Refused):
    code = "message_too_long"
    message = _("A message may have 2,000 characters at most.")


class ClientIdInvalid(Refused):
    code = "client_id_invalid"
    message = _("This message could not be read. Please send it again.")


class MessageUnknown(Refused):
    code = "message_unknown"
    message = _("There is no such message here.")


class MessageSettled(Refused):
    code = "message_settled"
    message = _("This message can no longer be changed.")


class NotCheckedYet(Refused):
    code = "not_checked_yet"
    message = _("This message is still being checked. Try again in a moment.")


class ContactPaused(Refused):
    code = "contact_paused"
    message = _("You cannot answer or mention this person for now.")


class NameRefused(Refused):
    code = "name_refused"
    message = _("A room cannot have this name or topic. Please choose others.")


class NameTaken(Refused):
    code = "name_taken"
    message = _("A room with this name, or one that looks like it, exists.")


class AgesInvalid(Refused):
    code = "ages_invalid"
    message = _("A room is for minors or for adults, never both.")


class LevelInvalid(Refused):
    code = "level_invalid"
    message = _("There is no such level of proof.")


class YouthWorkerUnfit(Refused):
    code = "youth_worker_unfit"
    message = _(
        "A youth worker is a proved adult who does not moderate here, for a room of minors, with a certificate seen "
        "within the last six months."
    )


class YouthWorkerMoved(Refused):
    code = "youth_worker_moved"
    message = _("This has been decided meanwhile.")


class TooManyProposals(Refused):
    code = "too_many_proposals"
    message = _("Three of your proposals are waiting already.")


class ProposalMoved(Refused):
    code = "proposal_moved"
    message = _("Somebody has decided about this proposal meanwhile.")


class SecondApproverRequired(Refused):
    code = "second_approver_required"
    message = _("A room for minors needs a second person’s approval, not yours.")


class OwnProposal(Refused):
    code = "own_proposal"
    message = _("Nobody approves their own proposal.")
