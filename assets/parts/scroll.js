// A wide drawing shows where it begins, not its left edge.
export function showBeginnings(root) {
  for (const box of root.querySelectorAll('[data-scroll-to]')) {
    box.scrollLeft = Number(box.dataset.scrollTo) - box.clientWidth / 2;
  }
}
