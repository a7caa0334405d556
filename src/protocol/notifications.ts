import { fieldsOf } from './inputFields';
import { invalidField } from '../domain/errors';

/** Input of the workflow `deliverNotification`: a row of the store. What is sent, and the secrets, are read by its step. */
export interface DeliverNotificationInput {
  /** Of the delivery. */
  readonly delivery: string;
  /** Grows with every replay by a person. */
  readonly round: number;
}

/** What a try came to, readable in the UI. */
export interface TriedNotification {
  readonly summary: string;
  /** Absent: it is over. */
  readonly nextInMs?: number;
}

/** The one step of the workflow `deliverNotification`. */
export interface NotificationActivities {
  /** Sends the notification once, and writes down what became of it. */
  sendNotification(input: DeliverNotificationInput): Promise<TriedNotification>;
}

/** Reads what a workflow was started with. @throws PortwardenError `invalid-request` naming the field. */
export function readDeliverNotificationInput(input: unknown): DeliverNotificationInput {
  const { delivery, round } = fieldsOf(input, ['delivery', 'round']);
  if (typeof delivery !== 'string' || !/^\d{1,18}$/.test(delivery))
    throw invalidField('invalid-request', 'delivery', 'must be a decimal number');
  if (typeof round !== 'number' || !Number.isInteger(round) || round < 0)
    throw invalidField('invalid-request', 'round', 'must be a whole number from 0');
  return { delivery, round };
}
