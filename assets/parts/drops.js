// Drop-down menus are <details class="drop">; Escape, a click elsewhere and leaving them by Tab close them.
export function watchDrops(root) {
  const close = (except) => {
    for (const drop of root.querySelectorAll('details.drop[open]')) {
      if (drop !== except) drop.open = false;
    }
  };
  root.addEventListener('click', (event) => close(event.target.closest('details.drop')));
  root.addEventListener('focusout', ({ target, relatedTarget }) => {
    const drop = target.closest('details.drop[open]');
    if (drop && relatedTarget && !drop.contains(relatedTarget)) drop.open = false;
  });
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const drop = root.querySelector('details.drop[open]');
    if (!drop) return;
    drop.open = false;
    drop.querySelector('summary').focus();
  });
}
