// Security keys: asks the browser for one and sends what it says with the form; texts come from the page.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

function asked({ publicKey }) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (options.user) {
    options.user = { ...options.user, id: bytes(options.user.id) };
    options.excludeCredentials = known(options.excludeCredentials);
  } else {
    options.allowCredentials = known(options.allowCredentials);
  }
  return { publicKey: options };
}

function told(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports ? response.getTransports() : [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    said.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: said,
  };
}

export function askForKeys(root) {
  for (const form of root.querySelectorAll('form[data-key]')) {
    const said = form.querySelector('[data-key-said]');
    form.querySelector('[data-key-button]').addEventListener('click', async () => {
      said.hidden = true;
      try {
        const options = asked(JSON.parse(form.dataset.keyOptions));
        const credential = await navigator.credentials[form.dataset.key](options);
        form.elements.credential.value = JSON.stringify(told(credential));
        form.submit();
      } catch {
        said.textContent = form.dataset.keyFailed;
        said.hidden = false;
      }
    });
  }
}
