/** `khonsu/arrow`: batches out of and into streams and files of Arrow IPC. */

export type { ExchangeOptions, IpcFormat, IpcProgress } from './exchange/exchange-options.ts'
export {
  type BytesOptions,
  type ExportOptions,
  exportIpc,
  type IpcTarget,
  ipcBytes,
} from './exchange/export-ipc.ts'
export { type ImportOptions, importIpc } from './exchange/import-ipc.ts'
export type { IpcSource } from './exchange/ipc-source.ts'
