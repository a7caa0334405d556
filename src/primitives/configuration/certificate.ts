import { X509Certificate } from 'node:crypto';

/** Whether a text is a certificate in PEM, or several. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}
