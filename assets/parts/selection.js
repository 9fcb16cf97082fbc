// Rows are chosen by check boxes: how many are chosen, choosing all of a page, the bar that sends them.
export function watchSelections(root) {
  const formOf = (node) => node.closest('form');
  const boxes = (form) => [...form.querySelectorAll('.pick input[type="checkbox"][name]')];

  const tell = (form) => {
    const all = boxes(form);
    const chosen = all.filter((box) => box.checked).length;
    for (const count of form.querySelectorAll('[data-pick-count]')) {
      count.textContent = count.dataset.said.replace('{n}', chosen);
    }
    for (const bar of form.querySelectorAll('[data-pick-bar]')) bar.classList.toggle('picked', chosen > 0);
    for (const none of form.querySelectorAll('[data-pick-none]')) none.hidden = chosen === 0;
    for (const every of form.querySelectorAll('[data-pick-every]')) every.hidden = chosen === all.length;
    for (const head of form.querySelectorAll('[data-pick-all]')) {
      head.hidden = false;
      head.checked = chosen > 0 && chosen === all.length;
      head.indeterminate = chosen > 0 && chosen < all.length;
    }
    for (const box of all) box.closest('tr')?.classList.toggle('row-picked', box.checked);
  };
  const tellAll = () => {
    for (const form of new Set([...root.querySelectorAll('.pick')].map(formOf))) if (form) tell(form);
  };

  root.addEventListener('change', (event) => {
    if (!event.target.closest('.pick')) return;
    const form = formOf(event.target);
    if (!form) return;
    if (event.target.matches('[data-pick-all]')) {
      for (const box of boxes(form)) box.checked = event.target.checked;
    }
    tell(form);
  });
  root.addEventListener('click', (event) => {
    const button = event.target.closest('[data-pick-none], [data-pick-every]');
    if (!button) return;
    for (const box of boxes(formOf(button))) box.checked = button.matches('[data-pick-every]');
    tell(formOf(button));
  });
  root.addEventListener('htmx:afterSettle', tellAll);
  // Whoever comes back to the list finds the rows still chosen.
  window.addEventListener('pageshow', tellAll);
  tellAll();
  goOnAfterFailures(root);
}

// A task that is done part by part goes on by itself; when a part fails to arrive, a button goes on with the rest.
function goOnAfterFailures(root) {
  for (const kind of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
    root.addEventListener(kind, (event) => {
      event.target.querySelector?.('[data-runner-on]')?.classList.add('failed');
    });
  }
}
