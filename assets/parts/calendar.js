// In the calendar the arrow keys go from day to day with something due, Page Up and Page Down turn the sheet.
export function walkCalendar(root) {
  const sheet = root.querySelector('[data-calendar]');
  if (!sheet) return;
  const days = [...sheet.querySelectorAll('[data-day]')];
  const place = (link) => link.closest('td').cellIndex + 7 * link.closest('tr').rowIndex;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  sheet.addEventListener('keydown', (event) => {
    const here = event.target.closest('[data-day]');
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      root.querySelector(`[data-turn="${event.key === 'PageUp' ? 'earlier' : 'later'}"]`).click();
      return;
    }
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const ahead = days.filter((day) => (step > 0 ? place(day) > place(here) : place(day) < place(here)));
    if (step < 0) ahead.reverse();
    // Up and down look for the next week first, then take whatever day comes next.
    const next = ahead.find((day) => Math.abs(place(day) - place(here)) >= Math.abs(step)) ?? ahead.at(-1);
    if (next) next.focus();
  });
}
