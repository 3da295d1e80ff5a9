from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from community.triggers import append_only

_DUTIES = {
    "safeguarding.UrgentSheet": (
        *("who", "where", "when", "target_knows", "called"),
        *("reviewed_by", "reviewed_at", "agreed", "review"),
    ),
    "safeguarding.Transmission": (
        *("state", "basis", "recipient", "reference", "export"),
        *("sent_at", "sent_by", "acknowledged_at", "reason"),
    ),
    "safeguarding.AuthorityOrder": (
        *("state", "extended_at", "authentic_by", "authentic_at", "authentic_how"),
        *("export", "answered_by", "answered_at", "answer"),
    ),
    "safeguarding.LegalHold": ("reviewed_at", "reviewed_by", "lifted_at", "lifted_by", "lift_reason"),
}


class SafeguardingConfig(AppConfig):
    name = "safeguarding"
    verbose_name = _("Safeguarding")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        append_only("safeguarding.Evidence")
        # Re-wrapped under a new key, or destroyed: that is how evidence is erased.
        append_only("safeguarding.EvidenceKey", may_change=("key_id", "wrapped"), may_delete=True)
        append_only("safeguarding.RiskCheck")
        append_only("safeguarding.RiskSignal")
        append_only("safeguarding.Alert")
        append_only("safeguarding.Report", may_change=("text", "danger_now"))  # what a reporter adds, frozen each time
        append_only(
            "safeguarding.Briefing",
            # Emptied when the term of the case is over.
            may_change=("circumstances",),
            may_empty=("summary", "danger_why", "family_note", "opinion"),
        )
        append_only("safeguarding.CaseParty")
        append_only("safeguarding.CaseNote", may_empty=("text",))  # emptied when its term is over
        # What happens to a decision after it was written: a second person, an effect. Never what it says, until the
        # term of its words is over.
        append_only(
            "safeguarding.Decision",
            may_change=("second_person", "takes_effect_at", "refused_at", "restriction_ref", "words_erased_at"),
            may_empty=("reasons", "private_notes"),
        )
        append_only("safeguarding.StatementOfReasons", may_change=("read_at",), may_empty=("body",))
        append_only(
            "safeguarding.Appeal", may_change=("state", "judged_by", "judged_at", "answer"), may_empty=("text",)
        )
        append_only("safeguarding.ExportDownload")
        append_only("safeguarding.TransparencyMonth")
        # What is owed is written on as it is done; no line of it ever goes.
        for model, written_on in _DUTIES.items():
            append_only(model, may_change=("due_at", "remind_at", *written_on))
        append_only("safeguarding.RulePack", may_change=("stage",))
        append_only("safeguarding.Rule", may_change=("stage",))
        append_only("safeguarding.RuleMove", may_change=("second_person", "took_effect_at", "refused_at"))
        append_only("safeguarding.AlertRule")
        append_only("safeguarding.ShadowFinding", may_delete=True)  # forgotten after some months
        post_migrate.connect(
            import_string("safeguarding.services.rules.install_rules"), sender=self, dispatch_uid="safeguarding.rules"
        )
