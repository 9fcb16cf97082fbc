// Bundles every style sheet and script that stands beside this file into the workspace's static folder.
// Files in folders below are parts: they arrive only when one of these imports them.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, '../src/concord/entrypoints/workspace/static/dist');
const entryPoints = readdirSync(here)
  .filter((name) => ['.css', '.js'].includes(extname(name)))
  .map((name) => join(here, name));

// Every browser we support reads woff2; the older formats named beside it would only be carried along.
const onlyWoff2 = {
  name: 'only-woff2',
  setup({ onLoad }) {
    onLoad({ filter: /tabler-icons.*\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/,\s*url\("[^"]+"\)\s*format\("(woff|truetype)"\)/g, ''),
      loader: 'css',
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints,
  outdir,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022', 'chrome109', 'firefox115', 'safari16'],
  legalComments: 'linked',
  assetNames: '[name]',
  loader: { '.woff2': 'file', '.svg': 'dataurl', '.png': 'file' },
  plugins: [onlyWoff2],
  logLevel: 'warning',
});
