@echo off
rem Start Celery on Windows: scripts\start_celery.bat [worker ^| beat ^| flower], or worker and beat without a word.
rem A worker with threads: processes need fork, which Windows does not have.
setlocal
cd /d "%~dp0..\backend"
set "CELERY=..\.venv\Scripts\python.exe -m celery -A app.core.celery_app"
if "%~1"=="" goto both
if "%~1"=="worker" goto worker
if "%~1"=="beat" goto beat
if "%~1"=="flower" goto flower
echo Usage: scripts\start_celery.bat [worker ^| beat ^| flower]
exit /b 2
:both
start "Rozana beat" %CELERY% beat --loglevel=info
:worker
%CELERY% worker --loglevel=info --pool=threads --concurrency=4
exit /b
:beat
%CELERY% beat --loglevel=info
exit /b
:flower
%CELERY% flower --address=127.0.0.1 --port=5555
exit /b
