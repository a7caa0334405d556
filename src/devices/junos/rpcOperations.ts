import { PortwardenError } from '../../domain/errors';
import { classifyErrors, describeRpcError, notableWarnings, type Operation } from '../../clients/netconf/classify';
import type { NetconfSession, RpcClass, RpcReply } from '../../clients/netconf/session';
import { descendant, element, serialize, type XmlElement, type XmlNode } from '../../clients/netconf/xml';
import { Rejection } from './operations';

/** The operations that every NETCONF server with a candidate has (RFC 6241 sections 7.5, 7.6 and 8.3). */
export abstract class RpcOperations {
  constructor(readonly session: NetconfSession) {}

  async lock(): Promise<void> {
    await this.send('lock', element('lock', {}, element('target', {}, element('candidate'))));
  }

  async unlock(): Promise<void> {
    try {
      await this.session.rpc(serialize(element('unlock', {}, element('target', {}, element('candidate')))), 'ordinary');
    } catch {
      // The lock ends with the session at the latest.
    }
  }

  async discard(): Promise<void> {
    await this.send('discard', element('discard-changes'));
  }

  /**
   * Sends one operation and judges its reply.
   * @throws Rejection when the configuration is refused at load or check, else PortwardenErrors.
   */
  protected async send(operation: Operation, payload: XmlNode, rpcClass: RpcClass = 'ordinary'): Promise<RpcReply> {
    const reply = await this.session.rpc(serialize(payload), rpcClass);
    const failure = classifyErrors(operation, reply);
    if (failure === undefined) return reply;
    if (failure.code === 'device-rejected' && (operation === 'load' || operation === 'check'))
      throw new Rejection(operation, reply.errors);
    throw failure;
  }

  /**
   * Sends a commit. Whatever leaves its outcome open (a lost or malformed reply, a part of the device that did not
   * answer, errors beside a success) is `device-unknown-outcome`: only reading back can tell.
   */
  protected async sendCommit(payload: XmlNode): Promise<readonly string[]> {
    let reply: RpcReply;
    try {
      reply = await this.session.rpc(serialize(payload), 'commit');
    } catch (error) {
      throw unknownOutcome(error instanceof Error ? error.message : String(error), error);
    }
    if (reply.mended) throw unknownOutcome('the reply to the commit is malformed');
    const failure = classifyErrors('commit', reply);
    if (failure === undefined) return warningsOf('commit', reply);
    if (descendant(reply.root, 'commit-success') !== undefined) throw unknownOutcome(failure.message, failure);
    throw failure.code === 'device-rejected' ? new Rejection('commit', reply.errors) : failure;
  }
}

/** What the device remarked and an operator should see. */
export function warningsOf(operation: Operation, reply: RpcReply): readonly string[] {
  return notableWarnings(operation, reply).map(describeRpcError);
}

/** The `<configuration>` of a reply; an empty one when the device sent none. */
export function configurationOf(reply: RpcReply): XmlElement {
  return descendant(reply.root, 'configuration') ?? { name: 'configuration', attributes: {}, children: [], text: '' };
}

function unknownOutcome(message: string, cause?: unknown): PortwardenError {
  return new PortwardenError('device-unknown-outcome', `It is not known whether the change was committed: ${message}`, {
    cause,
  });
}
