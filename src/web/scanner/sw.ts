/// <reference lib="webworker" />
import { keepShell, type ShellFile } from "../kit/shell.js";

declare const self: ServiceWorkerGlobalScope;
declare const EL_SHELL: readonly ShellFile[];
declare const EL_VERSION: string;

keepShell(self, "scanner", EL_VERSION, EL_SHELL);
