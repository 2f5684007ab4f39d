"""An MCP client whose OAuth is all the SDK's own. Who runs it is the human: it prints the address to open, and reads
where the browser came back to.

    python client.py '{"url": "…/mcp", "redirect": "http://localhost:3030/callback", "method": "none"}'

With a `document` that URL is its client_id. `"transport": "sse"` is the one of 2024, `"mode": "legacy"` shakes hands.

One JSON document a line. Out: {"open": URL}, {"round": {…}}. In: {"callback": URL}, {"again": SECONDS}.
"""

import asyncio
import json
import sys
import time
from contextlib import asynccontextmanager
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

from mcp.client.auth import OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.shared.auth import OAuthClientMetadata

SETTINGS = json.loads(sys.argv[1])
IS_V1 = version("mcp").startswith("1.")


def say(line):
    print(json.dumps(line), flush=True)


async def hear():
    line = await asyncio.to_thread(sys.stdin.readline)
    return json.loads(line) if line else {}


class Storage:
    """Everything in memory."""

    tokens = None
    client = None
    saved = 0

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        self.saved += 1

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def open_page(address):
    say({"open": address})


async def come_back():
    answer = parse_qs(urlsplit((await hear())["callback"]).query)
    code, state, iss = (answer.get(name, [None])[0] for name in ("code", "state", "iss"))
    if IS_V1:
        return code, state
    from mcp.shared.auth import AuthorizationCodeResult

    return AuthorizationCodeResult(code=code, state=state, iss=iss)


@asynccontextmanager
async def connected(provider):
    """Either generation; the results of both have the members of the protocol, in other spellings."""
    is_sse = SETTINGS.get("transport") == "sse"
    if IS_V1:
        from mcp import ClientSession
        from mcp.client.streamable_http import streamablehttp_client

        transport = (sse_client if is_sse else streamablehttp_client)(SETTINGS["url"], auth=provider)
        async with transport as (read, write, *_), ClientSession(read, write) as session:
            agreed = await session.initialize()
            yield session, agreed.protocolVersion
        return
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(auth=provider, timeout=30) as http:
        streamable = streamable_http_client(SETTINGS["url"], http_client=http)
        transport = sse_client(SETTINGS["url"], auth=provider) if is_sse else streamable
        async with Client(transport, mode=SETTINGS.get("mode", "auto")) as client:
            yield client, client.session.protocol_version


def by_wire_name(result):
    return result.model_dump(mode="json", by_alias=True)


def pass_time(seconds):
    """This SDK goes by its own clock: it refreshes when that says so, and signs in anew on a 401."""
    before = time.time
    time.time = lambda: before() + seconds


async def round_of(number, client, storage, revision):
    tools = by_wire_name(await client.list_tools())["tools"]
    made = by_wire_name(await client.call_tool("create_note", {"title": f"round {number}"}))
    listed = by_wire_name(await client.call_tool("list_notes", {}))
    say(
        {
            "round": {
                "revision": revision,
                "tools": [tool["name"] for tool in tools],
                "made": made["structuredContent"],
                "listed": listed["structuredContent"],
                "failed": bool(made.get("isError") or listed.get("isError")),
                "tokens": storage.saved,
                "client": storage.client and storage.client.client_id,
                "secret": bool(storage.client and storage.client.client_secret),
                "scope": storage.tokens and storage.tokens.scope,
            }
        }
    )


async def main():
    metadata = OAuthClientMetadata(
        client_name=f"Python SDK {version('mcp')}",
        redirect_uris=[SETTINGS["redirect"]],
        token_endpoint_auth_method=SETTINGS["method"],
    )
    storage = Storage()
    provider = OAuthClientProvider(
        SETTINGS["url"], metadata, storage, open_page, come_back, client_metadata_url=SETTINGS.get("document")
    )
    async with connected(provider) as (client, revision):
        await round_of(1, client, storage, revision)
        number = 1
        while seconds := (await hear()).get("again"):
            pass_time(seconds)
            number += 1
            await round_of(number, client, storage, revision)


asyncio.run(main())
