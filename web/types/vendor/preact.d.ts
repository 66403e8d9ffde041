// What third_party/htm-preact/standalone.module.js exports; the controller serves it as vendor/preact.js.
export { h, render, Component, createContext } from "preact";
export type { ComponentChildren, RefObject, VNode } from "preact";
export {
  useCallback, useContext, useDebugValue, useEffect, useErrorBoundary, useImperativeHandle, useLayoutEffect, useMemo,
  useReducer, useRef, useState,
} from "preact/hooks";
export function html(strings: TemplateStringsArray, ...values: unknown[]): import("preact").VNode;
