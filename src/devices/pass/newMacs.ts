import type { Statement } from '../../domain/change/statement';
import { NEW_VIRTUAL_MAC } from '../../domain/desired/virtualMac';
import type { MacAddress } from '../../domain/values/mac';

const SHOWN = '<new virtual MAC>';

/** A MAC that is made only by a pass is not shown as if it were one. @param made what stands for such a MAC: in a pass, those that it made. */
export function withoutNewMac(statement: Statement, made: readonly MacAddress[] = [NEW_VIRTUAL_MAC]): Statement {
  const { mac, ...rest } = statement;
  const one = made.find((candidate) => candidate === mac);
  if (one === undefined) return statement;
  return { ...rest, key: sayNewMac(rest.key, one), text: sayNewMac(rest.text, one) };
}

/** A text with words in the place of such a MAC. */
export function sayNewMac(text: string, made: MacAddress = NEW_VIRTUAL_MAC): string {
  return text.replaceAll(made, SHOWN);
}
