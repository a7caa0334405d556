import type { Command } from 'commander';
import { EXIT } from '../domain/exitCode';
import { configurationFor, type CliContext, type CommonOptions } from './context';
import { DEVICE_HELP, readDevice, type DeviceArgument } from './deviceArgument';

/** `portwarden doctor device <device>`, with `doctor switch` as its other name, `doctor uplinks`, `doctor cluster <name>` and
 * `doctor cloud <name>`. */
export function addDoctorCommand(program: Command, context: CliContext): void {
  const doctor = program.command('doctor').description('look at what portwarden depends on; changes nothing');
  const { inspectUplinks, inspectCloud } = context;
  if (inspectUplinks !== undefined)
    doctor
      .command('uplinks')
      .description('compare the configured uplinks with the bridges and bonds that the nodes have')
      .action(async (_options: unknown, command: Command) => {
        const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'doctor');
        const { text, healthy } = await inspectUplinks(configuration);
        context.out(text);
        if (!healthy) context.exit(EXIT.failed);
      });
  doctor
    .command('cluster')
    .description(
      'ask a cluster of hypervisors what its token may do, what is lost without the rest, and what a look sees',
    )
    .argument('<name>', 'as proxmox.clusters[].name says')
    .action(async (name: string, _options: unknown, command: Command) => {
      const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'doctor');
      const { text, healthy } = await context.inspectCluster(configuration, name);
      context.out(text);
      if (!healthy) context.exit(EXIT.failed);
    });
  if (inspectCloud !== undefined)
    doctor
      .command('cloud')
      .description(
        'look at the projects of an OpenStack cloud: extensions, back end, the right to change each linked port, and ports that cannot be enforced',
      )
      .argument('<name>', 'as openstack.projects[].cloud or openstack.projects[].name says')
      .action(async (name: string, _options: unknown, command: Command) => {
        const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'doctor');
        const { text, healthy } = await inspectCloud(configuration, name);
        context.out(text);
        if (!healthy) context.exit(EXIT.failed);
      });
  doctor
    .command('device')
    .alias('switch')
    .description('connect to a device: of a switch the host key, algorithms, dialect, rights, knobs, and what is bound')
    .argument('<device>', DEVICE_HELP, readDevice(context))
    .action(async (device: DeviceArgument, _options: unknown, command: Command) => {
      const configuration = configurationFor(context, command.optsWithGlobals<CommonOptions>(), 'doctor');
      const { text, healthy } = await context.inspectDevice(configuration, device(configuration));
      context.out(text);
      if (!healthy) context.exit(EXIT.failed);
    });
}
