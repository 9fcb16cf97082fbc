// Drop-down menus are <details class="drop">; Escape and a click elsewhere close them.
export function watchDrops(root) {
  const close = (except) => {
    for (const drop of root.querySelectorAll('details.drop[open]')) {
      if (drop !== except) drop.open = false;
    }
  };
  root.addEventListener('click', (event) => close(event.target.closest('details.drop')));
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const drop = root.querySelector('details.drop[open]');
    if (!drop) return;
    drop.open = false;
    drop.querySelector('summary').focus();
  });
}
