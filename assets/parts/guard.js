// Forms marked data-guard are sent once, and are not left by accident with unsaved text in them.
export function guardForms(root) {
  let unsaved = false;
  for (const form of root.querySelectorAll('form[data-guard]')) {
    // A form that came back with problems holds text that is stored nowhere yet.
    unsaved ||= form.dataset.guard === 'unsaved';
    form.addEventListener('input', () => {
      unsaved = true;
    });
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = 'yes';
      unsaved = false;
      // After this turn, so that the pressed button's own value is still sent.
      setTimeout(() => {
        for (const button of form.querySelectorAll('[type="submit"]')) button.disabled = true;
      });
    });
  }
  window.addEventListener('beforeunload', (event) => {
    if (unsaved) event.preventDefault();
  });
  // The browser's back button may show the page as it was left: make it usable again.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const form of root.querySelectorAll('form[data-sent]')) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll('[type="submit"]')) button.disabled = false;
    }
  });
}
