export { deviceCoordinator } from './deviceCoordinator';
export { portSecurityEvent } from './portSecurityEvent';
