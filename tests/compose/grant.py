#!/usr/bin/env python3
"""A client with a grant it keeps in a file, for what a test does between its requests to the containers.

  grant.py take FILE ISSUER RESOURCE EMAIL   registers, signs in (password on standard input), redeems
  grant.py refresh FILE                      refreshes with what the file holds, and keeps the successor
  grant.py write FILE TEXT                   creates a note
  grant.py read FILE TEXT                    fails unless there is such a note
"""

import base64
import hashlib
import html.parser
import json
import os
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

REDIRECT_URI = "https://chatgpt.com/connector_platform_oauth_redirect"


class Stay(urllib.request.HTTPRedirectHandler):
    """The code is read from the redirect; nobody follows it."""

    def redirect_request(self, *_):
        return None


class Form(html.parser.HTMLParser):
    """Where the form of a page leads, its hidden fields, and every scope as offered."""

    def __init__(self, page):
        super().__init__()
        self.action = ""
        self.found = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = given.get("action", "")
        is_set = given.get("type") == "hidden" or "checked" in given
        if tag == "input" and is_set and given.get("name"):
            self.found[given["name"]] = given.get("value") or ""


# Loopback addresses go through no proxy.
http = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(), Stay())


def send(url, status, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, headers)
    try:
        reply = http.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        reply = error
    text = reply.read().decode()
    if reply.status not in status:
        # A refusal's text holds no token.
        sys.exit(f"{urllib.parse.urlsplit(url).path}: {reply.status} {text[:300]}")
    return reply, text


def post(url, status, **form):
    origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))
    return send(url, status, urllib.parse.urlencode(form).encode(), Origin=origin, Sec_Fetch_Site="same-origin")


def take(issuer, resource, email):
    password = sys.stdin.readline().rstrip("\n")
    document = {"client_name": "Kept", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}
    body = json.dumps(document).encode()
    client = json.loads(send(f"{issuer}/oauth/register", [201], body, Content_Type="application/json")[1])
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": REDIRECT_URI,
        "state": secrets.token_urlsafe(16),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "resource": resource,
    }
    _, page = send(f"{issuer}/oauth/authorize?{urllib.parse.urlencode(asked)}", [200])
    form = Form(page)
    typed = form.found | {"email": email, "password": password, "decision": "allow"}
    reply, _ = post(urllib.parse.urljoin(issuer, form.action), [302, 303], **typed)
    landed = urllib.parse.parse_qs(urllib.parse.urlsplit(reply.headers["Location"]).query)
    if "code" not in landed:
        sys.exit(f"no code, but {reply.headers['Location'][:300]}")
    kept = {"issuer": issuer, "resource": resource, "client": client["client_id"]}
    redeemed = {"code": landed["code"][0], "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
    return tokens(kept, grant_type="authorization_code", **redeemed)


def tokens(kept, **form):
    form |= {"client_id": kept["client"], "resource": kept["resource"]}
    answer = json.loads(post(f"{kept['issuer']}/oauth/token", [200], **form)[1])
    return kept | {"access": answer["access_token"], "refresh": answer["refresh_token"]}


def call(kept, tool, **arguments):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"Content_Type": "application/json", "Authorization": f"Bearer {kept['access']}"}
    headers["Accept"] = "application/json, text/event-stream"
    _, text = send(kept["resource"], [200], json.dumps(body).encode(), **headers)
    if '"isError":true' in text or '"error"' in text:
        sys.exit(f"{tool}: {text[:300]}")
    return text


def keep(path, kept):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file)


def main(what, path, *rest):
    if what == "take":
        return keep(path, take(*rest))
    with open(path) as file:
        kept = json.load(file)
    if what == "refresh":
        return keep(path, tokens(kept, grant_type="refresh_token", refresh_token=kept["refresh"]))
    if what == "write":
        return call(kept, "create_note", title=rest[0], body=rest[0])
    if what == "read":
        return None if rest[0] in call(kept, "list_notes") else sys.exit(f"no note {rest[0]}")
    sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
