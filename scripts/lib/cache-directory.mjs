import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The user's cache folder of portwarden, by the custom of the platform; XDG_CACHE_HOME wins everywhere.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [platform]
 */
export function cacheDirectory(env = process.env, platform = process.platform) {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'portwarden');
  const home = env.HOME || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'portwarden');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'portwarden', 'Cache');
  return join(home, '.cache', 'portwarden');
}
