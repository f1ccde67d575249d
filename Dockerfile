FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
# torch has a small build without CUDA; name the index that holds it with --build-arg TORCH_INDEX=...
ARG TORCH_INDEX=""
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "torch==2.13.0${TORCH_INDEX:++cpu}" \
 && grep -v '^torch==' requirements.txt > rest.txt && pip install --no-cache-dir -r rest.txt
COPY . .
RUN useradd --create-home visitor
USER visitor
EXPOSE 8501
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"
CMD ["streamlit", "run", "app.py", "--server.headless=true", "--server.address=0.0.0.0"]
