export { explain, preview } from './looks';
export { deviceCoordinator } from './deviceCoordinator';
export { portSecurityEvent } from './portSecurityEvent';
export { adopt, changeKeeps, unknownBindings } from './decisions';
export { assignVirtualMac, revokeVirtualMac } from './virtualMacs';
