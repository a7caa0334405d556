import { gunzipSync, inflateRawSync } from 'node:zlib';

const ZIP_END = 0x06054b50;
const ZIP_ENTRY = 0x02014b50;
const ZIP_LOCAL = 0x04034b50;
const ZIP_STORED = 0;
const ZIP_DEFLATED = 8;
const TAR_BLOCK = 512;

/**
 * Reads one file out of a zip archive (PKWARE APPNOTE 4.3; no zip64, no encryption).
 * @param {Buffer} zip
 * @param {(name: string) => boolean} wanted
 * @returns {Buffer}
 */
export function readZipMember(zip, wanted) {
  const end = findZipEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== ZIP_ENTRY) throw new Error('the zip directory is damaged');
    const method = zip.readUInt16LE(at + 10);
    const packed = zip.readUInt32LE(at + 20);
    const size = zip.readUInt32LE(at + 24);
    const nameLength = zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (wanted(name)) return unpackZipMember(zip, { name, method, packed, size, local });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error('the zip archive lacks the wanted file');
}

/** The end-of-directory record stands last, before a comment of at most 65,535 bytes. */
function findZipEnd(zip) {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 22 - 0xffff); at -= 1) {
    if (zip.readUInt32LE(at) === ZIP_END) return at;
  }
  throw new Error('this is no complete zip archive');
}

function unpackZipMember(zip, { name, method, packed, size, local }) {
  if (zip.readUInt32LE(local) !== ZIP_LOCAL) throw new Error(`the zip entry of ${name} is damaged`);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const data = zip.subarray(start, start + packed);
  let content;
  if (method === ZIP_STORED) content = data;
  else if (method === ZIP_DEFLATED) content = inflateRawSync(data, { maxOutputLength: Math.max(size, 1) });
  else throw new Error(`${name} is packed with method ${method}, which is not supported`);
  if (content.length !== size) throw new Error(`${name} has ${content.length} bytes instead of ${size}`);
  return content;
}

/**
 * Reads one file out of a gzip-compressed tar archive (POSIX ustar headers).
 * @param {Buffer} archive
 * @param {(name: string) => boolean} wanted
 * @returns {Buffer}
 */
export function readTarGzMember(archive, wanted) {
  const tar = gunzipSync(archive);
  for (let at = 0; at + TAR_BLOCK <= tar.length;) {
    const name = text(tar, at, 100);
    if (name === '') break;
    const size = Number.parseInt(text(tar, at + 124, 12).trim(), 8);
    if (!Number.isInteger(size)) throw new Error('a tar header is damaged');
    const type = String.fromCharCode(tar[at + 156] ?? 0);
    const start = at + TAR_BLOCK;
    if ((type === '0' || type === '\0') && wanted(name)) {
      if (start + size > tar.length) throw new Error('the tar archive is cut off');
      return tar.subarray(start, start + size);
    }
    at = start + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  throw new Error('the tar archive lacks the wanted file');
}

function text(buffer, at, length) {
  const field = buffer.toString('latin1', at, at + length);
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}
