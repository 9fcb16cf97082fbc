// A button that prints the page; the page is made for paper too.
export function offerPrinting(root) {
  for (const button of root.querySelectorAll('[data-print]')) {
    button.addEventListener('click', () => window.print());
  }
}
