// SPDX-License-Identifier: EUPL-1.2

// Passkeys: asks the device for a key and sends its answer as an ordinary form. Without this script the form stays hidden, and the page names
// the other ways.

interface Ceremony {
  token: string;
  options: { publicKey: Record<string, unknown> };
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
};

const text = (buffer: ArrayBuffer | null): string | undefined =>
  buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : undefined;

type Named = { id: string };
const unpacked = (list: unknown): unknown => (Array.isArray(list) ? (list as Named[]).map((c) => ({ ...c, id: bytes(c.id) })) : list);

// WebAuthn writes bytes as base64url in JSON; the interface of the browser wants them as buffers.
function options(o: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...o, challenge: bytes(String(o.challenge)) };
  if (o.user) out.user = { ...(o.user as Named), id: bytes((o.user as Named).id) };
  if (o.allowCredentials) out.allowCredentials = unpacked(o.allowCredentials);
  if (o.excludeCredentials) out.excludeCredentials = unpacked(o.excludeCredentials);
  return out;
}

function answer(c: PublicKeyCredential): string {
  const r = c.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const created = "attestationObject" in r;
  return JSON.stringify({
    id: c.id,
    rawId: text(c.rawId),
    type: c.type,
    authenticatorAttachment: c.authenticatorAttachment ?? undefined,
    clientExtensionResults: c.getClientExtensionResults(),
    response: created
      ? { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] }
      : { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: text(r.userHandle) },
  });
}

const field = (form: HTMLFormElement, name: string): HTMLInputElement | null => form.querySelector<HTMLInputElement>(`input[name="${name}"]`);

async function ask(form: HTMLFormElement): Promise<void> {
  const begun = await fetch(form.dataset.begin ?? "", { method: "POST", body: new URLSearchParams(new FormData(form) as never), headers: { Accept: "application/json" } });
  if (begun.status === 403 && form.dataset.prove) {
    location.assign(form.dataset.prove);
    return;
  }
  if (!begun.ok) throw new Error(String(begun.status));
  const c = (await begun.json()) as Ceremony;
  const publicKey = options(c.options.publicKey);
  const key =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })
      : await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions });
  const token = field(form, "vorgang");
  const out = field(form, "antwort");
  if (!(key instanceof PublicKeyCredential) || !token || !out) throw new Error("no key");
  token.value = c.token;
  out.value = answer(key);
  form.submit();
}

if ("PublicKeyCredential" in window) {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const problem = form.querySelector<HTMLElement>("[data-passkey-problem]");
      if (problem) problem.hidden = true;
      ask(form).catch(() => {
        if (problem) problem.hidden = false;
      });
    });
  }
}
