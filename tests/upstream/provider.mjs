// An OpenID provider nobody here wrote (oidc-provider, with the sign-in and consent pages it brings along), for the tests.
//
// Prints {"issuer": …} when it listens. Then every line on its standard input is a document, and is answered with one:
//
//   {"redirect_uri": "http://localhost:9000/signin/callback", "userinfo": false}   the first one: whom it serves, and how
//   {"addresses": {"ada": "ada@other.example"}}                                    what it says of ada from now on
//   {"seen": true}                                                                 the names of all parameters it was sent
//
// It ends with its standard input.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const server = createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://localhost:${server.address().port}`;
const addresses = new Map();
const seen = new Set();

function serve({ redirect_uri, userinfo = false, auth_method = "client_secret_basic" }) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "gatehouse",
        client_secret: "a secret: +/%&",
        redirect_uris: [redirect_uri],
        token_endpoint_auth_method: auth_method,
      },
    ],
    claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name"] },
    // Whether claims are told at the userinfo endpoint alone.
    conformIdTokenClaims: userinfo,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `${id} of the provider`,
        groups: id.startsWith("ada") ? ["people", "mcp-users"] : ["people"],
        email: addresses.get(id) ?? (id.includes("@") ? id : `${id}@example.com`),
        email_verified: id !== "unverified",
      }),
    }),
    pkce: { required: () => true },
    cookies: { keys: ["for tests only"] },
    ttl: { Session: 3600, Interaction: 600, Grant: 3600, AccessToken: 600, IdToken: 600 },
  });
  provider.on("grant.success", (context) => Object.keys(context.oidc.body).forEach((name) => seen.add(name)));
  const answer = provider.callback();
  server.on("request", (request, response) => {
    new URL(request.url, issuer).searchParams.forEach((_, name) => seen.add(name));
    return answer(request, response);
  });
}

console.log(JSON.stringify({ issuer }));
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  if (told.redirect_uri) serve(told);
  for (const [login, address] of Object.entries(told.addresses ?? {})) addresses.set(login, address);
  console.log(JSON.stringify(told.seen ? [...seen] : {}));
}
process.exit(0);
