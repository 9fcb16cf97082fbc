// The editor grows with its text, and its line numbers with it.
export function numberLines(root) {
  for (const editor of root.querySelectorAll('[data-lines]')) {
    const text = editor.querySelector('textarea');
    const numbers = editor.querySelector('ol');
    const fit = () => {
      const count = text.value.split('\n').length;
      while (numbers.children.length > count) numbers.lastElementChild.remove();
      while (numbers.children.length < count) {
        const line = document.createElement('li');
        line.id = `L${numbers.children.length + 1}`;
        line.textContent = numbers.children.length + 1;
        numbers.append(line);
      }
      text.rows = count + 1;
    };
    text.addEventListener('input', fit);
    fit();
  }
}
