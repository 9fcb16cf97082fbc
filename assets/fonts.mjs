// Gathers the fonts of the papers in one folder: Noto Serif SC, and HanaMinB for the rare characters of names, unpacked.
// HanaMinB (花园明朝) has the CJK extensions B to F, so that with Noto Serif SC the papers hold what GB 18030 asks of
// public services. It comes in pieces of one family name, of which a typesetter would only see one; each gets its own.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import woff2 from 'wawoff2';

const modules = join(dirname(fileURLToPath(import.meta.url)), '../node_modules');
const folder = join(modules, '.paper-fonts');
const plain = join(modules, '@expo-google-fonts/noto-serif-sc');
const rare = join(modules, 'hanamin');

const MODIFIED = 8; // where head keeps its adjustment of the whole file's sum
const WINDOWS = [3, 1, 0x409]; // platform, encoding, language: Unicode, American English

const sum = (bytes) => {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 4) {
    let word = 0;
    for (let next = 0; next < 4; next += 1) word = word * 256 + (bytes[at + next] ?? 0);
    total = (total + word) % 2 ** 32;
  }
  return total;
};

const tables = (font) =>
  Array.from({ length: font.readUInt16BE(4) }, (_, at) => {
    const entry = 12 + 16 * at;
    const start = font.readUInt32BE(entry + 8);
    return [font.toString('latin1', entry, entry + 4), font.subarray(start, start + font.readUInt32BE(entry + 12))];
  });

const nameTable = (family) => {
  const says = [[1, family], [2, 'Regular'], [4, family], [6, family.replaceAll(' ', '')]];
  const head = Buffer.alloc(6 + 12 * says.length);
  const texts = says.map(([, text]) => Buffer.from(text, 'utf16le').swap16());
  [0, says.length, head.length].forEach((value, at) => head.writeUInt16BE(value, 2 * at));
  let offset = 0;
  says.forEach(([id], at) => {
    [...WINDOWS, id, texts[at].length, offset].forEach((value, place) => head.writeUInt16BE(value, 6 + 12 * at + 2 * place));
    offset += texts[at].length;
  });
  return Buffer.concat([head, ...texts]);
};

const renamed = (font, family) => {
  const parts = tables(font).map(([tag, bytes]) => [tag, Buffer.from(tag === 'name' ? nameTable(family) : bytes)]);
  const head = Buffer.alloc(12 + 16 * parts.length);
  font.copy(head, 0, 0, 12);
  let offset = head.length;
  const bodies = parts.map(([tag, bytes], at) => {
    if (tag === 'head') bytes.writeUInt32BE(0, MODIFIED);
    head.write(tag, 12 + 16 * at, 'latin1');
    [sum(bytes), offset, bytes.length].forEach((value, place) => head.writeUInt32BE(value, 16 + 16 * at + 4 * place));
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
    offset += padded.length;
    return padded;
  });
  const whole = Buffer.concat([head, ...bodies]);
  const adjusted = parts.findIndex(([tag]) => tag === 'head');
  whole.writeUInt32BE((0xb1b0afba - sum(whole) + 2 ** 32) % 2 ** 32, whole.readUInt32BE(12 + 16 * adjusted + 8) + MODIFIED);
  return whole;
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [weight, file] of [['400Regular', 'NotoSerifSC_400Regular.ttf'], ['700Bold', 'NotoSerifSC_700Bold.ttf']]) {
  copyFileSync(join(plain, weight, file), join(folder, file));
}
const pieces = readdirSync(rare).filter((name) => name.startsWith('HanaMinB.') && name.endsWith('.woff2')).sort();
for (const [at, name] of pieces.entries()) {
  const family = `HanaMinB ${String(at + 1).padStart(2, '0')}`;
  const font = Buffer.from(await woff2.decompress(readFileSync(join(rare, name))));
  writeFileSync(join(folder, `${family.replace(' ', '_')}.ttf`), renamed(font, family));
}
