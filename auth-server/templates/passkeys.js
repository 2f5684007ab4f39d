// Passkeys: fetches a question, has the authenticator answer it, and sends the answer back. Without this file everything
// else on the page works, and what needs it stays hidden.
"use strict";

(() => {
  const base = new URL(".", document.currentScript.src);
  const PAGE = "gatehouse page";

  // What our server says went wrong, in the reader's language, and where the operator can look it up.
  class Told extends Error {
    constructor({ message, reference }) {
      super(message);
      this.reference = reference;
    }
  }

  async function post(path, content) {
    const reply = await fetch(new URL(path, base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
    const said = await reply.json();
    if (!reply.ok) throw new Told(said);
    return said;
  }

  // Runs one ceremony at a time and says what went wrong beside the button.
  async function attempt(place, ceremony) {
    const button = place.querySelector("button");
    const problem = place.querySelector(".problem");
    if (button.disabled) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      await ceremony();
    } catch (fault) {
      const words = { NotAllowedError: "cancelled", InvalidStateError: "known" }[fault.name] ?? "failed";
      problem.setAttribute("role", "alert");
      const told = `${fault.message} ${place.dataset.reference} ${fault.reference}`;
      problem.textContent = fault instanceof Told ? told : place.dataset[words];
      problem.hidden = false;
    }
    button.disabled = false;
  }

  // The page of an authorization request is where its address says; what follows a wrong password has no address of its own.
  function pageToReturnTo() {
    try {
      if (location.pathname.endsWith("/oauth/authorize")) sessionStorage.setItem(PAGE, location.href);
      return sessionStorage.getItem(PAGE);
    } catch {
      return null;
    }
  }

  // Signing in allows nothing yet: the person is always asked, and the sign-in that was demanded has just been made.
  function toDecide(address) {
    const url = new URL(address);
    url.searchParams.set("prompt", "consent");
    if (url.searchParams.get("max_age") === "0") url.searchParams.delete("max_age");
    return url.href;
  }

  function offerSignIn(place) {
    const page = pageToReturnTo();
    const next = place.dataset.next || (page && toDecide(page));
    if (!next) return;
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => attempt(place, async () => {
      const { options, state } = await post("signin/passkey/question", {});
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({ publicKey });
      await post("signin/passkey", { state, credential: credential.toJSON() });
      location.replace(next);
    }));
  }

  function offerNew(place) {
    place.hidden = false;
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(place, async () => {
        const { options, state } = await post("account/passkeys/question", {});
        const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
        const credential = await navigator.credentials.create({ publicKey });
        const name = place.querySelector("input").value;
        await post("account/passkeys/new", { state, name, credential: credential.toJSON() });
        location.reload();
      });
    });
  }

  // Where the page is not secure, or the browser is older than JSON for passkeys, nothing is offered.
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  document.querySelectorAll(".passkey-sign-in").forEach(offerSignIn);
  document.querySelectorAll(".passkey-new").forEach(offerNew);
})();
