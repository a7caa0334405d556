import { arpCommand, arpStatisticsText } from '../arpStatistics';
import { diffText, diffTree } from '../config/diff';
import { selectSubtree } from '../config/filter';
import { inherited } from '../config/inherit';
import type { ConfigNode } from '../config/node';
import { renderSet } from '../config/set';
import { renderText } from '../config/text';
import { renderXml } from '../config/xml';
import { junosSeconds, junosTime } from '../clock';
import { refused } from '../problems';
import { commitLogText, commitLogXml } from '../show-commit';
import { uptimeXml } from '../uptime';
import { attribute, child, escapeXml, type XmlElement } from '../xml/parse';
import type { Operation, RpcContext } from './context';
import { XNM_NAMESPACE } from './replies';

/** Documented: netconf-junos-commit-user-attribute; recorded for the candidate: ncclient test_rpc.py (14.2). */
function provenance(context: RpcContext, database: 'committed' | 'candidate'): string {
  const latest = context.core.database.log.latest;
  const at = latest?.shownAt ?? context.core.database.settings.clock.bootedAt;
  const word = database === 'committed' ? 'commit' : 'changed';
  const user = database === 'committed' ? ` junos:commit-user="${escapeXml(latest?.user ?? 'root')}"` : '';
  return ` junos:${word}-seconds="${junosSeconds(at)}" junos:${word}-localtime="${junosTime(at)}"${user}`;
}

function compare(context: RpcContext, element: XmlElement): string {
  const number = Number(attribute(element, 'rollback') ?? '0');
  const { database } = context.core;
  const before = number === 0 ? database.committed : database.log.tree(number);
  // Invented text.
  if (before === undefined) throw refused(`rollback ${String(number)} does not exist`);
  const after = database.candidate(context.session);
  if (attribute(element, 'format') === 'xml') {
    const { tree, operations } = diffTree(before, after);
    return `<configuration xmlns="${XNM_NAMESPACE}">\n${renderXml(tree, { operations })}</configuration>\n`;
  }
  // From PyEZ: a comparison without difference is one line feed.
  return `<configuration-information>\n<configuration-output>\n${escapeXml(diffText(before, after))}</configuration-output>\n</configuration-information>\n`;
}

/** Documented: Junos XML protocol guide, <get-configuration>: the candidate, before inheritance, unless told otherwise. */
const getConfiguration: Operation = (context, element) => {
  if (attribute(element, 'compare') !== undefined) return compare(context, element);
  const { database } = context.core;
  const which = attribute(element, 'database') === 'committed' ? 'committed' : 'candidate';
  const whole = which === 'committed' ? database.committed : database.candidate(context.session);
  const shown = attribute(element, 'inherit') === 'inherit' ? inherited(whole) : whole;
  const filter = child(element, 'configuration');
  const part = filter === undefined ? shown : selectSubtree(shown, filter);
  const at = provenance(context, which);
  switch (attribute(element, 'format') ?? 'xml') {
    case 'text':
      return `<configuration-text xmlns="${XNM_NAMESPACE}"${at}>\n${escapeXml(`## Last ${which === 'committed' ? 'commit' : 'changed'}: ${junosTime(database.log.latest?.shownAt ?? database.settings.clock.now())}\n${renderText(part)}`)}</configuration-text>\n`;
    case 'set':
      // Documented since 15.1; answered on every release here.
      return `<configuration-set>\n${escapeXml(
        renderSet(part)
          .map((l) => `${l}\n`)
          .join(''),
      )}</configuration-set>\n`;
    case 'xml':
      return `<configuration xmlns="${XNM_NAMESPACE}"${at}>\n${renderXml(part, { marks: attribute(element, 'groups') === 'groups' })}</configuration>\n`;
    default:
      throw refused('syntax error', { badElement: attribute(element, 'format') ?? '' });
  }
};

/** RFC 6241 section 7.1, with the subtree filter of section 6. */
const getConfig: Operation = (context, element) => {
  const source = element.name === 'get' ? 'running' : child(element, 'source')?.children[0]?.name;
  if (source !== 'running' && source !== 'candidate') throw refused('syntax error', { badElement: source ?? 'source' });
  const { database } = context.core;
  const which = source === 'running' ? 'committed' : 'candidate';
  const tree = source === 'running' ? database.committed : database.candidate(context.session);
  const filter = child(element, 'filter');
  const root = filter === undefined ? undefined : child(filter, 'configuration');
  if (filter !== undefined && root === undefined) return `<data>\n</data>\n`;
  const part: ConfigNode = root === undefined ? tree : selectSubtree(tree, root);
  return `<data>\n<configuration xmlns="${XNM_NAMESPACE}"${provenance(context, which)}>\n${renderXml(part)}</configuration>\n</data>\n`;
};

/** Documented: <get-commit-information>. */
const getCommitInformation: Operation = ({ core }, element) =>
  attribute(element, 'format') === 'text'
    ? `<output>\n${escapeXml(commitLogText(core))}</output>\n`
    : commitLogXml(core);

/**
 * Documented: Junos NETCONF guide, "Retrieve a Previous (Rollback) Configuration" and "Compare Two Previous (Rollback)
 * Configurations": XML unless text is asked for; the number in `<rollback>` is the base of a comparison. The guide of the
 * Junos XML protocol has the base in `<compare>`. The shape with `<ok/>` and `junos:changed-seconds` is recorded (12.1X47).
 */
const getRollbackInformation: Operation = ({ core: { database } }, element) => {
  const numbered = (name: string): ConfigNode | undefined => {
    const text = child(element, name)?.text.trim();
    const tree = text === undefined ? undefined : database.log.tree(Number(text));
    // Invented text.
    if (text !== undefined && tree === undefined) throw refused(`rollback ${text} does not exist`);
    return tree;
  };
  const base = numbered('rollback') ?? database.committed;
  const other = numbered('compare');
  const output = (text: string): string =>
    `<rollback-information>\n<ok/>\n<configuration-information>\n<configuration-output>\n${escapeXml(text)}</configuration-output>\n</configuration-information>\n</rollback-information>\n`;
  if (other !== undefined) return output(diffText(base, other));
  const at =
    database.log.at(Number(child(element, 'rollback')?.text ?? '0'))?.shownAt ?? database.settings.clock.bootedAt;
  if (child(element, 'format')?.text.trim() === 'text')
    return output(`## Last changed: ${junosTime(at)}\n${renderText(base)}`);
  const when = ` junos:changed-seconds="${junosSeconds(at)}" junos:changed-localtime="${junosTime(at)}"`;
  return `<rollback-information>\n<ok/>\n<configuration xmlns="${XNM_NAMESPACE}"${when}>\n${renderXml(base)}</configuration>\n</rollback-information>\n`;
};

const getSystemUptimeInformation: Operation = ({ core }) => uptimeXml(core);

const hostName = (context: RpcContext): string =>
  context.core.database.committed.at('system', 'host-name')?.value ?? context.core.name;

const getSystemInformation: Operation = (context) => {
  const { profile } = context.core;
  return `<system-information>\n<hardware-model>${profile.model}</hardware-model>\n<os-name>junos</os-name>\n<os-version>${profile.version}</os-version>\n<serial-number>LAB0000000001</serial-number>\n<host-name>${escapeXml(hostName(context))}</host-name>\n</system-information>\n`;
};

/** EX switches answer per member, also when there is one (general knowledge of `show version` on EX). */
const getSoftwareInformation: Operation = (context) => {
  const { profile, faults } = context.core;
  const newer = Number.parseInt(profile.version, 10) >= 14 ? `<junos-version>${profile.version}</junos-version>\n` : '';
  const items = profile.members.map((member) => {
    const body =
      member === faults.memberUnreachable
        ? `<output>\nCould not connect to ${member} : No route to host\n</output>\n`
        : `<software-information>\n<host-name>${escapeXml(hostName(context))}</host-name>\n<product-model>${profile.model}</product-model>\n<product-name>${profile.model}</product-name>\n${newer}<package-information>\n<name>junos</name>\n<comment>JUNOS EX  Software Suite [${profile.version}]</comment>\n</package-information>\n</software-information>\n`;
    return `<multi-routing-engine-item>\n<re-name>${member}</re-name>\n${body}</multi-routing-engine-item>\n`;
  });
  return `<multi-routing-engine-results>\n${items.join('')}</multi-routing-engine-results>\n`;
};

/** A minimal answer: the real schema has tens of megabytes. Shows whether the dialect has a statement. */
const getXnmInformation: Operation = (context) => {
  const names = [
    'name',
    ...(context.core.profile.dialect === 'els'
      ? ['dhcp-security', 'static-ip', 'static-ipv6']
      : ['secure-access-port', 'static-ip']),
  ];
  const elements = names.map((n) => `<xsd:element name="${n}"/>\n`).join('');
  return `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="${XNM_NAMESPACE}" elementFormDefault="qualified">\n<xsd:element name="configuration">\n</xsd:element>\n${elements}</xsd:schema>\n`;
};

/**
 * Documented: Junos XML management protocol guide, `<command format="text">`; the text comes in `<output>`. Only what the lab has as a
 * command is answered; the refusal of others is recorded of the CLI ("syntax error"), its envelope is assumed.
 */
const command: Operation = ({ core }, element) => {
  const text = element.text.trim().replace(/\s+/g, ' ');
  if (text !== arpCommand(core) || attribute(element, 'format') !== 'text')
    throw refused('syntax error', { badElement: text });
  return `<output>\n${escapeXml(arpStatisticsText(core))}</output>\n`;
};

export const READ_OPERATIONS: Readonly<Record<string, Operation>> = {
  'get-configuration': getConfiguration,
  'get-config': getConfig,
  get: getConfig,
  'get-commit-information': getCommitInformation,
  'get-rollback-information': getRollbackInformation,
  'get-system-information': getSystemInformation,
  'get-system-uptime-information': getSystemUptimeInformation,
  'get-software-information': getSoftwareInformation,
  'get-xnm-information': getXnmInformation,
  command,
};
