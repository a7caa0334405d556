import type { Client } from '@temporalio/client';
import { deviceId } from '../../src/domain/values/device';
import { coordinatorWorkflowId } from '../../src/protocol/names';
import { surveyCoordinators } from '../../src/temporal/coordinatorSurvey';

const LIMITS = { altogetherMs: 5_000, eachMs: 1_000 };
const devices = (count: number) => Array.from({ length: count }, (_, index) => deviceId('junos', index + 1));

/** As much of a client as a survey uses: so many coordinators run, and each answers after a time. */
function clientOf(running: number, answerMs = 0): Client {
  const workflow = {
    async *list() {
      for (const device of devices(running)) yield { workflowId: coordinatorWorkflowId(device), runId: 'r' };
    },
    getHandle: (workflowId: string) => ({
      workflowId,
      query: async () => {
        if (answerMs > 0) await new Promise((resolve) => setTimeout(resolve, answerMs));
        return { device: workflowId.replace('device:', '') };
      },
    }),
  };
  return { workflow, withDeadline: (_at: number, call: () => unknown) => call() } as unknown as Client;
}

test('every coordinator that runs is asked, however many pages they are', async () => {
  const { states, silent, unasked, areAllListed } = await surveyCoordinators(clientOf(1_234), {
    ...LIMITS,
    most: 2_000,
  });
  expect(new Set(states.map(({ device }) => device))).toEqual(new Set(devices(1_234)));
  expect({ silent, unasked, areAllListed }).toEqual({ silent: [], unasked: 0, areAllListed: true });
});

test('exactly as many as are listed are all', async () => {
  expect(await surveyCoordinators(clientOf(20), { ...LIMITS, most: 20 })).toMatchObject({ areAllListed: true });
  const { states, areAllListed } = await surveyCoordinators(clientOf(21), { ...LIMITS, most: 20 });
  expect([states.length, areAllListed]).toEqual([20, false]);
});

test('those that the time is too short for are named as silent, and are others the next time', async () => {
  const heard = new Set<string>();
  for (let look = 0; look < 40 && heard.size < 60; look += 1) {
    const { states, silent, unasked, areAllListed } = await surveyCoordinators(clientOf(60, 20), {
      ...LIMITS,
      altogetherMs: 50,
    });
    expect(areAllListed).toBe(true);
    expect(unasked).toBeGreaterThan(0);
    expect(states.length + silent.length).toBe(60);
    expect(silent.length).toBe(unasked);
    for (const { device } of states) heard.add(device);
  }
  expect(heard.size).toBe(60);
});
