import type { OutputStyle } from '../faults';
import type { Profile } from '../profiles';
import type { RpcProblem } from '../problems';
import { escapeXml, type XmlElement } from '../xml/parse';

export const NETCONF_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
export const XNM_NAMESPACE = 'http://xml.juniper.net/xnm/1.1/xnm';

/** Text of these elements stands on lines of its own (recorded: PyEZ fixtures). */
const padded = (name: string, text: string): string => `<${name}>\n${escapeXml(text)}\n</${name}>\n`;

/** One error or warning as `<rpc-error>` (recorded: PyEZ get-rpc-error.xml, load-configuration-error.xml). */
export function rpcError(problem: RpcProblem): string {
  return [
    '<rpc-error>\n',
    problem.type === undefined ? '' : `<error-type>${problem.type}</error-type>\n`,
    problem.tag === undefined ? '' : `<error-tag>${problem.tag}</error-tag>\n`,
    `<error-severity>${problem.severity}</error-severity>\n`,
    problem.daemon === undefined ? '' : `<source-daemon>\n${problem.daemon}\n</source-daemon>\n`,
    problem.path === undefined ? '' : padded('error-path', problem.path),
    padded('error-message', problem.message),
    problem.badElement === undefined ? '' : `<error-info>\n${padded('bad-element', problem.badElement)}</error-info>\n`,
    '</rpc-error>\n',
  ].join('');
}

/** One error in the older form, which has no severity (recorded: PyEZ test_exception.py). */
function xnmError(problem: RpcProblem): string {
  const name = problem.severity === 'warning' ? 'xnm:warning' : 'xnm:error';
  return [
    `<${name} xmlns="${XNM_NAMESPACE}" xmlns:xnm="${XNM_NAMESPACE}">\n`,
    problem.daemon === undefined ? '' : `<source-daemon>\n${problem.daemon}\n</source-daemon>\n`,
    problem.path === undefined ? '' : padded('edit-path', problem.path),
    problem.badElement === undefined ? '' : padded('statement', problem.badElement),
    padded('message', problem.message),
    `</${name}>\n`,
  ].join('');
}

/** The answer to a load. */
export function loadReply(profile: Profile, problems: readonly RpcProblem[]): string {
  const errors = problems.filter((p) => p.severity === 'error');
  const body = problems.map(rpcError).join('');
  const verdict =
    errors.length > 0
      ? // Recorded: Ansible CI log of 15.1X49.
        `<load-error-count>${String(errors.length)}</load-error-count>\n`
      : profile.loadSuccess === 'ok' || problems.length > 0
        ? '<ok/>\n'
        : '<load-success/>\n<load-error-count>0</load-error-count>\n';
  return `<load-configuration-results>\n${body}${verdict}</load-configuration-results>\n`;
}

/** The answer to a check or commit that went well. */
export function commitReply(
  profile: Profile,
  what: {
    check: boolean;
    minutes?: number;
    warnings: readonly RpcProblem[];
    unclosed: boolean;
    memberUnreachable?: string;
  },
): string {
  const done = what.check ? '<commit-check-success/>' : '<commit-success/>';
  if (what.unclosed) return `<routing-engine>\n<name>${profile.members[0] ?? ''}</name>\n${done}\n<ok/>\n`;
  // Documented: Junos XML protocol guide, confirmed commits.
  const output =
    what.minutes === undefined
      ? ''
      : `<output>commit confirmed will be automatically rolled back in ${String(what.minutes)} minutes unless confirmed\n</output>\n`;
  const members = profile.members.map((member) => {
    if (member === what.memberUnreachable) {
      // Recorded of a second routing engine: PyEZ sw_info_dual_other_re_off.xml.
      return `<routing-engine${profile.commitReply.style}>\n<name>${member}</name>\n${rpcError({ severity: 'error', message: `Could not connect to ${member} : No route to host` })}</routing-engine>\n`;
    }
    return `<routing-engine${profile.commitReply.style}>\n<name>${member}</name>\n${what.check ? done : `<commit-check-success/>\n</routing-engine>\n<routing-engine${profile.commitReply.style}>\n<name>${member}</name>\n${done}`}\n</routing-engine>\n`;
  });
  const warnings = what.warnings.map(rpcError).join('');
  return `<commit-results>\n${warnings}${output}${members.join('')}</commit-results>\n${profile.commitReply.ok ? '<ok/>\n' : ''}`;
}

/** The answer to a check or commit that check-out refused. */
export function commitErrors(profile: Profile, problems: readonly RpcProblem[], xnm: boolean): string {
  if (xnm)
    return `<commit-results>\n${problems.map(xnmError).join('')}</commit-results>\n<cli>\n<banner>[edit]</banner>\n</cli>\n`;
  const body = problems.map(rpcError).join('');
  if (profile.commitErrors === 'reply') return body;
  if (profile.commitErrors === 'commit-results') return `<commit-results>\n${body}</commit-results>\n`;
  return `<commit-results>\n<routing-engine${profile.commitReply.style}>\n<name>${profile.members[0] ?? ''}</name>\n${body}</routing-engine>\n</commit-results>\n`;
}

/** The attributes of `<rpc>` come back in `<rpc-reply>` (RFC 6241 section 4.2). */
export function replyEnvelope(profile: Profile, rpc: XmlElement | undefined, body: string): string {
  const junos = `http://xml.juniper.net/junos/${profile.version.replace(/\.\d+$/, '')}/junos`;
  const echoed = (rpc?.attributes ?? [])
    .filter((a) => a.prefix === '')
    .map((a) => ` ${a.name}="${escapeXml(a.value)}"`);
  return `<rpc-reply xmlns="${NETCONF_NAMESPACE}" xmlns:junos="${junos}"${echoed.join('')}>\n${body}</rpc-reply>\n`;
}

const NETCONF_NAMES =
  'bad-element|hello|capabilities|capability|session-id|rpc-reply|rpc-error|ok|data|error-type|error-tag|error-severity|error-path|error-message|error-info|error-app-tag';

/** Applies the liberties of an output style to a whole message. */
export function restyle(message: string, style: OutputStyle): string {
  let out = message;
  if (style.prefix !== '') {
    out = out
      .replace(new RegExp(`<(/?)(${NETCONF_NAMES})(?=[\\s/>])`, 'g'), `<$1${style.prefix}$2`)
      .replace(`xmlns="${NETCONF_NAMESPACE}"`, `xmlns:nc="${NETCONF_NAMESPACE}"`);
  }
  if (style.controlCharacters) out = out.replace('>\n', '>\u0000\u0007\n');
  if (style.comments)
    out = `<!-- stray comment with <tags> -->\n${out.replace('>\n', '>\n<!-- another ]]> one -->\n')}`;
  if (style.padTo > out.length) {
    const end = out.lastIndexOf('</');
    out = `${out.slice(0, end)}${`${' '.repeat(78)}\n`.repeat(Math.ceil((style.padTo - out.length) / 79))}${out.slice(end)}`;
  }
  return style.byteOrderMark ? `\uFEFF${out}` : out;
}
