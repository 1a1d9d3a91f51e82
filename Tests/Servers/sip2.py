#!/usr/bin/env python3
"""The circulation desk's system over SIP2 (pysip2), which knows each book of the main catalogue.

usage: sip2.py DIRECTORY
"""
import sys

import anyio
from pysip2 import (
    ITEM_INFORMATION, ItemInformationRequest, ItemInformationResponse, RequestContext, SIP2Server)

from records import CHARGED, number, read, status

system = SIP2Server(institution_id="MAIN", encoding="utf-8", idle_timeout=60)
books = {number(record): (status(index), (record.title or "")[:200].replace("|", "/"))
         for index, record in enumerate(read(f"{sys.argv[1]}/main.mrc"))}


@system.route(ITEM_INFORMATION)
async def item(
        request: ItemInformationRequest, context: RequestContext[ItemInformationRequest, ItemInformationResponse]
) -> ItemInformationResponse:
    state, title = books.get(request.item_identifier, ("01", ""))
    return ItemInformationResponse(
        circulation_status=state, security_marker="00", fee_type="01", transaction_date=context.now_18(),
        item_identifier=request.item_identifier, title_identifier=title,
        due_date="20261201    235900" if state == CHARGED else None,
        screen_message=() if title else ("Item not found",))


if __name__ == "__main__":
    anyio.run(system.serve, "127.0.0.1", 0)
