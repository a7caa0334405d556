import { invalidField } from '../domain/errors';
import { parseExplainSubject, parsePortSubject, parsePreviewSubject } from '../domain/explain/subject';
import { COMMAND_FORMS, type CommandForm, type CoverageInput, type ExplainInput, type PreviewInput } from './preview';

/**
 * Reads a question for a preview, as the API, the CLIs and the UI's form give it: the subject's fields, and `form`.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readPreviewInput(input: unknown): PreviewInput {
  const fields = typeof input === 'object' && input !== null && !Array.isArray(input) ? input : undefined;
  const { form, ...subject } = { form: undefined, ...fields };
  return { subject: parsePreviewSubject(fields === undefined ? input : subject), form: readForm(form) };
}

/**
 * Reads a question for an explanation.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readExplainInput(input: unknown): ExplainInput {
  return { subject: parseExplainSubject(input) };
}

/**
 * Reads of which port the coverage is asked for: `{device, port}`.
 * @throws PortwardenError `invalid-request` naming the field and its rule.
 */
export function readCoverageInput(input: unknown): CoverageInput {
  return parsePortSubject(input);
}

function readForm(form: unknown): CommandForm {
  if (form === undefined) return 'difference';
  const known = COMMAND_FORMS.find((one) => one === form);
  if (known !== undefined) return known;
  throw invalidField('invalid-request', 'form', `must be one of ${COMMAND_FORMS.join(', ')}`);
}
