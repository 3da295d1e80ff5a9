// Asks through the browser's Digital Credentials API where there is one. Without it, or without this module, the
// link and the QR code of the page do the same.
const button = document.getElementById("wallet-browser");
const told = document.getElementById("wallet-state");

function supported(protocol) {
  if (!("DigitalCredential" in window) || !navigator.credentials) return false;
  const allows = window.DigitalCredential.userAgentAllowsProtocol;
  return allows ? allows.call(window.DigitalCredential, protocol) : true;
}

async function ask() {
  const { url, protocol, request, encryption, failed } = button.dataset;
  button.disabled = true;
  told.textContent = "";
  try {
    const credential = await navigator.credentials.get({
      mediation: "required",
      digital: { requests: [{ protocol, data: { deviceRequest: request, encryptionInfo: encryption } }] },
    });
    const data = typeof credential.data === "string" ? JSON.parse(credential.data) : credential.data;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ response: data.response }),
    });
    if (!answer.ok) throw new Error("not taken");
    location.assign((await answer.json()).next);
  } catch {
    told.textContent = failed;
    button.disabled = false;
  }
}

if (button && supported(button.dataset.protocol)) {
  button.hidden = false;
  button.addEventListener("click", ask);
}
