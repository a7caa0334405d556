import { Command } from 'commander';
import { addAdoptCommand } from './adoptCommand';
import { addApplyAllCommands } from './applyAllCommands';
import { addAlarmCommands } from './alarmCommands';
import { addBackupCommands } from './backupCommands';
import { addConfigCommands } from './configCommands';
import type { CliContext } from './context';
import { addDeviceCommands } from './deviceCommands';
import { addDoctorCommand } from './doctorCommand';
import { addCoverageCommand } from './coverageCommands';
import { addDriftCommands } from './driftCommands';
import { addEventCommands } from './eventCommands';
import { addGuardCommands } from './guardCommands';
import { addJournalCommands } from './journalCommands';
import { addHoldCommands } from './holdCommands';
import { addKeepCommands } from './keepCommands';
import { addLookCommands } from './lookCommands';
import { addNotificationCommands } from './notificationCommands';
import { addPauseCommands } from './pauseCommands';
import { addWindowCommands } from './windowCommands';
import { addPortCommands } from './portCommands';
import { addPolicyCommands } from './policyCommands';
import { addStoreCommands } from './storeCommands';
import { addVirtualMacCommands } from './virtualMacCommands';
import { addWatchCommands } from './watchCommands';
import { failureOf } from './failure';

/** The `portwarden` command with all its subcommands. */
function createProgram(context: CliContext): Command {
  const program = new Command('portwarden')
    .description('Keeps the port-security bindings of switch ports equal to what the server panel says.')
    .option('-c, --config <file>', 'configuration file (default: PORTWARDEN_CONFIG, else ./portwarden.yaml)')
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .showHelpAfterError('(`--help` shows what there is)')
    .exitOverride();
  addConfigCommands(program, context);
  addEventCommands(program, context);
  addLookCommands(program, context);
  addPauseCommands(program, context);
  addWindowCommands(program, context);
  addApplyAllCommands(program, context);
  addAlarmCommands(program, context);
  addNotificationCommands(program, context);
  addDeviceCommands(program, context);
  addPortCommands(program, context);
  addBackupCommands(program, context);
  addAdoptCommand(program, context);
  addKeepCommands(program, context);
  addHoldCommands(program, context);
  addPolicyCommands(program, context);
  addVirtualMacCommands(program, context);
  addGuardCommands(program, context);
  addDriftCommands(program, context);
  addJournalCommands(program, context);
  addCoverageCommand(program, context);
  addDoctorCommand(program, context);
  addWatchCommands(program, context);
  addStoreCommands(program, context);
  inheritSettings(program);
  return program;
}

/** Subcommands report to the same place and throw instead of ending the process. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
}

/**
 * Runs one command line (without `node` and the script).
 * @returns the exit code; see {@link EXIT}.
 */
export async function runCli(args: readonly string[], context: Omit<CliContext, 'exit'>): Promise<number> {
  let exitCode = 0;
  const program = createProgram({ ...context, exit: (code) => void (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    const failure = failureOf(error);
    context.err(failure.text);
    return failure.exitCode;
  }
}
