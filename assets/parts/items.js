// Lists of items: the server sends spare empty rows; here they fold away and come back one by one.
export function growItemLists(root) {
  for (const list of root.querySelectorAll('[data-items]')) tend(list);
}

function tend(list) {
  const most = Number(list.dataset.most);
  const rows = () => [...list.querySelectorAll('.item-row')];
  const box = (row) => row.querySelector('textarea');
  const spare = rows().at(-1).cloneNode(true);
  box(spare).value = '';

  const filled = rows().filter((row) => box(row).value.trim());
  for (const row of rows()) {
    if (!filled.includes(row) && rows().length > 1) row.remove();
  }

  const adder = list.querySelector('[data-add]');
  const renumber = () => {
    rows().forEach((row, index) => {
      const number = index + 1;
      row.querySelector('.item-number').textContent = `${number}.`;
      box(row).setAttribute('aria-label', `${list.dataset.label} ${number}`);
      box(row).id = `${list.dataset.items}-${number}`;
      const remover = row.querySelector('[data-remove]');
      remover.hidden = rows().length === 1;
      remover.setAttribute('aria-label', `${remover.dataset.remove} ${number}`);
    });
    adder.hidden = rows().length >= most;
  };

  const add = (after) => {
    if (rows().length >= most) return;
    const row = spare.cloneNode(true);
    (after ?? rows().at(-1)).after(row);
    renumber();
    box(row).focus();
  };

  const remove = (row) => {
    const all = rows();
    if (all.length === 1) return;
    const neighbour = all[all.indexOf(row) - 1] ?? all[1];
    row.remove();
    renumber();
    box(neighbour).focus();
    list.dispatchEvent(new Event('input', { bubbles: true }));
  };

  list.addEventListener('click', (event) => {
    if (event.target.closest('[data-add]')) add();
    const remover = event.target.closest('[data-remove]');
    if (remover) remove(remover.closest('.item-row'));
  });
  list.addEventListener('keydown', (event) => {
    const row = event.target.closest('.item-row');
    if (!row || event.target !== box(row) || event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      add(row);
    } else if (event.key === 'Backspace' && box(row).value === '' && rows().length > 1) {
      event.preventDefault();
      remove(row);
    }
  });
  adder.hidden = false;
  renumber();
}
