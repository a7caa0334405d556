/*
 * The few forms of DER (ITU-T X.690) that a certificate is made of.
 */

/** Tag, length, content. */
function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const sequence = (...items: readonly Buffer[]): Buffer => element(0x30, ...items);
export const set = (...items: readonly Buffer[]): Buffer => element(0x31, ...items);
export const octets = (content: Buffer): Buffer => element(0x04, content);
export const text = (value: string): Buffer => element(0x0c, Buffer.from(value, 'utf8'));
export const yes = element(0x01, Buffer.from([0xff]));
export const nothing = element(0x05);
/** A positive number, its highest bit clear. */
export const integer = (bytes: Buffer): Buffer => element(0x02, bytes);
/** @param unused how many of the last byte's bits say nothing */
export const bits = (content: Buffer, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content);
/** A field that is known by its number: `[number]`, wrapped around others or with the content itself. */
export const around = (number: number, content: Buffer): Buffer => element(0xa0 + number, content);
export const plain = (number: number, content: Buffer): Buffer => element(0x80 + number, content);

/** UTCTime, which reaches to the year 2049. */
export function time(date: Date): Buffer {
  return element(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`, 'latin1'));
}

/** `2.5.29.17` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([40 * first + second, ...others.flatMap(sevenBits)]));
}

/** Seven bits a byte, the highest bit set in all but the last. */
function sevenBits(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
