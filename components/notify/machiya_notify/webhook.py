"""One message to a webhook, within a bounded time. Whatever happens is an answer, and no answer holds the address."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from machiya_notify.outcome import PATIENCE, Delivery, Outcome, Patience

if TYPE_CHECKING:
    import httpx2


def post(address: str, body: Mapping[str, Any], key: str, patience: Patience = PATIENCE) -> Delivery:
    """Post `body` as JSON; `key` tells a receiver that knows Idempotency-Key one message from two.

    What certainly did not arrive is tried again. What may have arrived (the connection was there, the answer was not)
    is not, for it would be there twice.
    """
    for library in ("httpx2", "httpcore2"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # they log addresses
    try:
        return asyncio.run(_deliver(address, body, key, patience))
    except Exception as error:  # a notification must never fail a run, and the error's text may hold the address
        return Delivery(Outcome.UNREACHABLE, f"the request could not be made ({type(error).__name__})")


async def _deliver(address: str, body: Mapping[str, Any], key: str, patience: Patience) -> Delivery:
    import httpx2

    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        url = httpx2.URL()
    if url.scheme not in ("http", "https") or not url.host:
        return Delivery(Outcome.REFUSED, "the webhook is no address that begins with http:// or https://")
    timeout = httpx2.Timeout(patience.attempt, connect=patience.connect)
    async with httpx2.AsyncClient(timeout=timeout, headers={"Idempotency-Key": key}) as client:
        delivery = await _attempt(client, url, body, patience)
        for pause in patience.pauses:
            if not delivery.may_retry:
                break
            await asyncio.sleep(min(max(pause, delivery.pause), patience.longest_pause))
            delivery = await _attempt(client, url, body, patience)
    return delivery


async def _attempt(
    client: "httpx2.AsyncClient", url: "httpx2.URL", body: Mapping[str, Any], patience: Patience
) -> Delivery:
    import httpx2

    try:
        async with asyncio.timeout(patience.attempt), client.stream("POST", url, json=body) as response:
            return _answered(response)
    except (httpx2.ConnectTimeout, httpx2.PoolTimeout):
        return Delivery(Outcome.UNREACHABLE, f"no connection within {patience.connect:g} s", may_retry=True)
    except (httpx2.ConnectError, httpx2.ProxyError):
        reasons = "its name is not known, nothing listens there, or its certificate is not trusted"
        return Delivery(Outcome.UNREACHABLE, f"no connection: {reasons}", may_retry=True)
    except (TimeoutError, httpx2.TimeoutException):
        return Delivery(Outcome.UNANSWERED, f"no answer within {patience.attempt:g} s; it may have arrived")
    except httpx2.TransportError:
        return Delivery(Outcome.UNANSWERED, "the connection broke before an answer came; it may have arrived")


def _answered(response: "httpx2.Response") -> Delivery:
    code = response.status_code
    if 200 <= code < 300:
        return Delivery(Outcome.SENT, f"it answered {code}")
    if code == 429 or code >= 500:
        wait = response.headers.get("Retry-After", "")
        return Delivery(Outcome.REFUSED, f"it answered {code}", True, float(wait) if wait.isdecimal() else 0.0)
    if 300 <= code < 400:
        return Delivery(Outcome.REFUSED, f"it answered {code}: it is at another address now")
    return Delivery(Outcome.REFUSED, f"it answered {code}: the address is wrong, was withdrawn, or takes another style")
