// Lists and matters by keys alone; the sheet that "?" opens tells which. Never while somebody types, and it can be off.
const OFF = 'concord.shortcuts';
const PATIENCE = 1500;
// What the key for the first act does in a row: open the act's form, or take the matter.
const ACT = '.end a.btn-primary, .end button[name="handler"]';
const TYPING = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select';

export function offerShortcuts(root) {
  const sheet = root.getElementById('shortcuts');
  if (!sheet) return;
  const switchOff = sheet.querySelector('[data-shortcuts-off]');
  const said = root.querySelector('[data-shortcuts-said]');
  let going = 0;

  switchOff.checked = localStorage.getItem(OFF) === 'off';
  switchOff.addEventListener('change', () => {
    if (switchOff.checked) localStorage.setItem(OFF, 'off');
    else localStorage.removeItem(OFF);
  });
  for (const opener of root.querySelectorAll('[data-shortcuts]')) {
    opener.hidden = false;
    opener.addEventListener('click', () => open(opener.closest('details')?.querySelector('summary')));
  }
  sheet.querySelector('[data-shortcuts-close]').addEventListener('click', () => sheet.close());
  search()?.setAttribute('aria-keyshortcuts', '/');
  firstAct()?.setAttribute('aria-keyshortcuts', 'a');

  let before = null;
  sheet.addEventListener('close', () => before?.focus());

  root.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (sheet.open || switchOff.checked) return;
    if (event.target.closest(TYPING) || event.target.isContentEditable) {
      if (event.key === 'Escape' && event.target === search()) leave(event.target);
      return;
    }
    if (press(event)) event.preventDefault();
  });

  function press(event) {
    const gone = Date.now() - going < PATIENCE;
    going = 0;
    if (gone) return go(event.key);
    const row = rowOf(root.activeElement);
    switch (event.key) {
      case 'j':
        return step(row, 1);
      case 'k':
        return step(row, -1);
      case 'ArrowDown':
        return row !== null && step(row, 1);
      case 'ArrowUp':
        return row !== null && step(row, -1);
      case 'x':
        return pick(row);
      case 'a':
        return act(row);
      case 'g':
        going = Date.now();
        return true;
      case '/':
        return focus(search());
      case '?':
      case '？':
        return open(root.activeElement);
      case 'Escape':
        return row !== null && leave(root.activeElement);
      default:
        return false;
    }
  }

  function titles() {
    return [...root.querySelectorAll('main .row-title[href]')].filter((title) => title.checkVisibility());
  }

  function rowOf(node) {
    const row = node?.closest('main tr, main li') ?? null;
    return row?.querySelector('.row-title[href]') ? row : null;
  }

  function step(row, by) {
    const all = titles();
    const at = row ? all.findIndex((title) => row.contains(title)) : -1;
    const next = at < 0 ? all[by > 0 ? 0 : all.length - 1] : all[at + by];
    if (!next) {
      tell(all.length ? sheet.dataset.end : sheet.dataset.none);
      return true;
    }
    return focus(next);
  }

  function pick(row) {
    const box = row?.querySelector('.pick input[type="checkbox"], :scope > input[type="checkbox"]');
    if (!box) return false;
    box.click();
    return true;
  }

  function act(row) {
    const link = row ? row.querySelector(ACT) : firstAct();
    if (link) link.click();
    else tell(sheet.dataset.noAct);
    return true;
  }

  function go(key) {
    const link = root.querySelector(`.side-link[data-go="${CSS.escape(key.toLowerCase())}"]`);
    if (link) link.click();
    return link !== null;
  }

  function open(from) {
    before = from;
    sheet.showModal();
    return true;
  }

  function focus(node) {
    if (!node) return false;
    node.focus();
    node.scrollIntoView({ block: 'nearest' });
    if (node.select) node.select();
    return true;
  }

  function leave(node) {
    node.blur();
    root.getElementById('main').focus({ preventScroll: true });
    return true;
  }

  function tell(words) {
    said.textContent = '';
    requestAnimationFrame(() => {
      said.textContent = words;
    });
  }

  function search() {
    return root.querySelector('main input[type="search"]');
  }

  function firstAct() {
    return root.querySelector('main .act-list a');
  }
}
