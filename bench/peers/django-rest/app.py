"""Who am I, and the framework's own login."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.urls import path  # noqa: E402
from rest_framework.authtoken.views import obtain_auth_token  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.response import Response  # noqa: E402


@api_view(["GET"])
def me(request):
    return Response({"id": request.user.pk, "username": request.user.username, "email": request.user.email})


urlpatterns = [path("me/", me), path("login/", obtain_auth_token)]
