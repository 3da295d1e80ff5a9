"""Incident exports: approval by a second officer, progress, download. Every copy taken leaves its line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO, Any

from django.contrib import admin
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from safeguarding import selectors
from safeguarding.models import IncidentExport
from safeguarding.services import exports
from safeguarding.services.seals import signer

from .access import is_officer, reader
from .prepare import preview_of
from .records import RecordAdmin
from .site import console

PIECE = 64 * 1024


async def _in_pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file as its bytes are asked for, read off the event loop: a dossier is never in memory whole."""
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece


@admin.register(IncidentExport, site=console)
class ExportAdmin(RecordAdmin):
    """For officers alone; exports of cases they may not know of are not there."""

    permission = "export_cases"
    page_template = "admin/havre/export.html"
    change_list_template = "admin/havre/exports.html"
    list_filter = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncidentExport]:
        return (
            IncidentExport.objects.filter(
                case__in=selectors.visible_cases(reader(request), officer=is_officer(request))
            )
            .select_related("case", "requested_by", "approved_by", "order")
            .order_by("-pk")
        )

    def page_context(self, request: HttpRequest, record: IncidentExport) -> dict[str, Any]:
        return {
            "title": _("Export"),
            "fingerprint": signer().fingerprint,
            "downloads": record.downloads.select_related("member").order_by("-pk"),
            "second": record.names_minor or record.unredacted or record.with_connections,
            "previewed": record.state == IncidentExport.State.AWAITING_SECOND
            or exports.may_see_unredacted(actor=reader(request), export=record),
            "own": record.requested_by_id == reader(request).pk,
        }

    def approve(self, request: HttpRequest, export: IncidentExport) -> str:
        exports.approve_export(actor=reader(request), export=export)
        return _("Approved. The export is being built.")

    def refuse(self, request: HttpRequest, export: IncidentExport) -> str:
        exports.refuse_export(actor=reader(request), export=export, reason=request.POST.get("reason", "")[:300])
        return _("Refused. Nothing is built.")

    def retry(self, request: HttpRequest, export: IncidentExport) -> str:
        exports.retry_export(actor=reader(request), export=export)
        return _("The export is being built again.")

    def preview(self, request: HttpRequest, export: IncidentExport) -> HttpResponse:
        """One page as it would be handed over: a second officer looks before they agree, both at what they signed."""
        page, missing = preview_of(
            request,
            export.case,
            lambda actor: exports.preview_export(actor=actor, export=export),
            wished=export.unredacted,
        )
        return self.show(request, export, preview=page, missing=missing)

    def passphrase(self, request: HttpRequest, export: IncidentExport) -> HttpResponse:
        """Shown once a press, and every press is logged."""
        told = exports.show_passphrase(actor=reader(request), export=export)
        return self.show(request, export, passphrase=told)

    def download(self, request: HttpRequest, export: IncidentExport) -> FileResponse:
        """A POST, for taking a copy is an act: it is logged first, then streamed."""
        path = exports.record_download(actor=reader(request), export=export)
        file = path.open("rb")
        answer = FileResponse(file, as_attachment=True, filename=export.file_name)
        if isinstance(request, ASGIRequest):
            # There Django would read a file that is not asynchronous whole before it sends the first byte.
            answer.streaming_content = _in_pieces(file)
        return answer

    verbs = {  # noqa: RUF012  a table of the methods above
        "approve": approve,
        "refuse": refuse,
        "retry": retry,
        "preview": preview,
        "passphrase": passphrase,
        "download": download,
    }
