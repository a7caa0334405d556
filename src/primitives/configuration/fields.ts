import { isIP } from 'node:net';
import { z } from 'zod';

/** What the documentation says of one option besides its type and default. */
export interface OptionMeta {
  readonly description: string;
  /** The unit of a number. */
  readonly unit?: string;
  /** What stands in the default column when there is no default value. */
  readonly whenAbsent?: string;
  /** What the keys of a map are. */
  readonly key?: string;
}

/** Runs a domain parser on a text option; its RangeError becomes the option's rule. */
export function parsedText<T>(parse: (text: string) => T, meta: OptionMeta): z.ZodType<T, string> {
  return z
    .string()
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is invalid' });
        return z.NEVER;
      }
    })
    .meta({ ...meta });
}

/** A whole number within limits. */
export function whole(minimum: number, maximum: number, meta: OptionMeta): z.ZodNumber {
  const rule = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .number({ error: rule })
    .int({ error: rule })
    .min(minimum, { error: rule })
    .max(maximum, { error: rule })
    .meta({ ...meta });
}

/** A number of seconds, fractions allowed. */
export function seconds(minimum: number, maximum: number, description: string): z.ZodNumber {
  const rule = `must be a number of seconds from ${minimum} to ${maximum}`;
  return z
    .number({ error: rule })
    .min(minimum, { error: rule })
    .max(maximum, { error: rule })
    .meta({ description, unit: 'seconds' });
}

/** The name of an environment variable that holds a secret. */
export function variableName(description: string): z.ZodString {
  return z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, {
      error: 'must be the name of an environment variable (A-Z, 0-9, _), not the secret itself',
    })
    .meta({ description });
}

/** The path of a file; a relative one starts at the configuration file's folder. */
export function filePath(meta: OptionMeta): z.ZodString {
  return z
    .string()
    .min(1, { error: 'must be a file name' })
    .meta({ ...meta });
}

/** A host name or an IP address, without port. */
export function hostName(meta: OptionMeta): z.ZodString {
  return z
    .string()
    .refine((text) => isHostName(text), { error: 'must be a host name or an IP address, without scheme and port' })
    .meta({ ...meta });
}

/** Whether the text is a host name or an address that a socket can be opened to. */
function isHostName(text: string): boolean {
  return (
    isIP(text) !== 0 ||
    /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(
      text,
    )
  );
}

/** Whether a URL's host is this machine itself. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/**
 * Reads the base address of an HTTPS service. Plain HTTP would show the token to the network, so it is accepted
 * for loopback hosts only. A trailing slash is dropped.
 * @throws RangeError naming the rule.
 */
export function parseServiceUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new RangeError('must be a URL such as https://panel.example.com');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new RangeError('must be an https:// URL');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new RangeError('must be an https:// URL; http:// is accepted for loopback hosts only');
  }
  if (url.username !== '' || url.password !== '') throw new RangeError('must not contain a user name or password');
  if (url.search !== '' || url.hash !== '') throw new RangeError('must not contain a query or fragment');
  return url.href.replace(/\/+$/, '');
}
