// Sheets: marks follow what the server says of a cell; a form that takes long says so; exports take the filters shown.
export function tendSheets(root) {
  root.addEventListener('htmx:afterSettle', () => {
    for (const cell of root.querySelectorAll('.sheet-cell')) {
      const wrong = !cell.querySelector('.field-problem').hidden;
      cell.classList.toggle('field-bad', wrong);
      const input = cell.querySelector('input, select, textarea');
      if (wrong) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }
  });
  root.addEventListener('submit', ({ target, submitter }) => {
    if (target.matches('[data-export]')) target.elements.query.value = root.location.search.slice(1);
    if (target.dataset.busy && submitter) say(submitter, target.dataset.busy);
  });
}

function say(button, text) {
  // After the form was sent, so that the button's own value goes with it.
  setTimeout(() => {
    button.disabled = true;
    button.textContent = text;
  });
}
