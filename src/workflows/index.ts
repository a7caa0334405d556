export { explain, preview, previewConfiguration } from './looks';
export { deviceCoordinator } from './deviceCoordinator';
export { portSecurityEvent } from './portSecurityEvent';
export { adopt, changeKeeps, unknownBindings } from './decisions';
export { changePolicy, endPolicy, previewPolicy } from './policies';
export { assignVirtualMac, revokeVirtualMac } from './virtualMacs';
export { watch } from './watch';
