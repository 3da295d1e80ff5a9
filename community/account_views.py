"""allauth's views where they must do more than allauth does."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.views import SignupView as AllauthSignupView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator


@method_decorator(login_not_required, name="dispatch")
class SignupView(AllauthSignupView):  # type: ignore[misc]  # allauth has no types
    """Answers a sign-up that was found valid after the same time, whether or not the address has an account."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        begun = time.monotonic()
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 302:
            time.sleep(max(0.0, begun + settings.SIGN_UP_SECONDS - time.monotonic()))
        return response
