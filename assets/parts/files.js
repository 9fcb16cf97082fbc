// Says which files were chosen and how large they are, below each file input that has a place for it.
export function nameChosenFiles(root) {
  for (const input of root.querySelectorAll('input[type="file"]')) {
    const list = input.parentElement.querySelector('.chosen-files');
    if (!list) continue;
    input.addEventListener('change', () => {
      list.replaceChildren(
        ...[...input.files].map((file) => {
          const line = document.createElement('li');
          line.textContent = `${file.name} · ${size(file.size)}`;
          return line;
        }),
      );
    });
  }
}

export function size(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
